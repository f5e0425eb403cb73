//! A person's browser as far as authorizations need one: keeps cookies by host, says where forms come from, and goes on
//! by hand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use url::Url;

#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    cookies: Arc<Mutex<BTreeMap<(String, String), String>>>,
}

/// What a page or redirect was.
#[derive(Debug, Clone)]
pub struct Seen {
    pub url: Url,
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Browser {
    #[expect(clippy::disallowed_methods, reason = "a test calls the server under test")]
    pub fn new() -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, cookies: Arc::default() }
    }

    pub async fn get(&self, url: &str) -> Seen {
        self.send(self.http.get(url), url).await
    }

    /// A program's request with a token.
    pub async fn with_bearer(&self, token: &str, url: &str) -> Seen {
        self.send(self.http.get(url).bearer_auth(token), url).await
    }

    /// Sends a form of a page of the same site.
    pub async fn submit(&self, url: &str, fields: &[(&str, &str)]) -> Seen {
        let request = self.http.post(url).header("Origin", "null").header("Sec-Fetch-Site", "same-origin");
        self.send(form(request, fields), url).await
    }

    /// Sends a form with a file in it.
    pub async fn upload(&self, url: &str, name: &str, content: &str) -> Seen {
        let body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.yaml\"\r\nContent-Type: text/yaml\r\n\r\n\
             {content}\r\n--edge--\r\n"
        );
        let request = self.http.post(url).header("Sec-Fetch-Site", "same-origin");
        self.send(request.header("Content-Type", "multipart/form-data; boundary=edge").body(body), url).await
    }

    /// Sends a form of another site's page, with the cookies that a careless browser would send along.
    pub async fn submit_across(&self, url: &str, fields: &[(&str, &str)]) -> Seen {
        let request =
            self.http.post(url).header("Origin", "https://evil.example").header("Sec-Fetch-Site", "cross-site");
        self.send(form(request, fields), url).await
    }

    /// Sends a form of another site's page: cookies stay behind, as `SameSite=Lax` has it.
    pub async fn submit_from(&self, origin: &str, url: &str, fields: &[(&str, &str)]) -> Seen {
        let request = self.http.post(url).header("Origin", origin).header("Sec-Fetch-Site", "cross-site");
        Browser { http: self.http.clone(), ..Self::new() }.send(form(request, fields), url).await
    }

    /// Sends a form with this browser's cookies, as if it came from another site's page.
    pub async fn submit_as(&self, url: &str, origin: &str, fields: &[(&str, &str)]) -> Seen {
        let request = self.http.post(url).header("Origin", origin).header("Sec-Fetch-Site", "cross-site");
        self.send(form(request, fields), url).await
    }

    /// A request with these headers only.
    pub async fn bare(&self, url: &str, headers: &[(&str, &str)]) -> Seen {
        let request =
            headers.iter().fold(form(self.http.post(url), &[("a", "b")]), |r, (name, value)| r.header(*name, *value));
        self.send(request, url).await
    }

    /// A program's form.
    pub async fn form(&self, url: &str, body: String, header: Option<(&str, &str)>) -> Seen {
        let request = self.http.post(url).header("Content-Type", "application/x-www-form-urlencoded").body(body);
        let request = header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        self.send(request, url).await
    }

    /// Sends whatever body.
    pub async fn raw(&self, url: &str, content_type: &str, body: Vec<u8>) -> Seen {
        self.send(self.http.post(url).header("Content-Type", content_type).body(body), url).await
    }

    /// Sends a form with a file of a page of the same site.
    pub async fn send_body(&self, url: &str, content_type: &str, body: Vec<u8>) -> Seen {
        let request = self.http.post(url).header("Origin", "null").header("Sec-Fetch-Site", "same-origin");
        self.send(request.header("Content-Type", content_type).body(body), url).await
    }

    /// What a host's cookie holds.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.cookies.lock().unwrap();
        cookies.iter().find(|((_, known), _)| known == name).map(|(_, value)| value.clone())
    }

    /// Keeps a cookie that somebody put there.
    pub fn keep(&self, url: &str, name: &str, value: &str) {
        let host = Url::parse(url).unwrap().host_str().unwrap().to_owned();
        self.cookies.lock().unwrap().insert((host, name.to_owned()), value.to_owned());
    }

    async fn send(&self, mut request: reqwest::RequestBuilder, url: &str) -> Seen {
        let url = Url::parse(url).unwrap();
        let host = url.host_str().unwrap().to_owned();
        let cookies = self.cookies.lock().unwrap().clone();
        let own: Vec<String> = cookies
            .iter()
            .filter(|((of, _), _)| *of == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        if !own.is_empty() {
            request = request.header("Cookie", own.join("; "));
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for set in headers.get_all("set-cookie") {
            let text = set.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            let key = (host.clone(), name.to_owned());
            match text.contains("Max-Age=0") {
                true => drop(self.cookies.lock().unwrap().remove(&key)),
                false => drop(self.cookies.lock().unwrap().insert(key, value.to_owned())),
            }
        }
        Seen { url, status, headers, body: answer.text().await.unwrap() }
    }

    /// Goes on by redirects and refreshing pages until there is nowhere to go.
    pub async fn follow(&self, seen: Seen) -> Seen {
        let mut seen = seen;
        for _ in 0..10 {
            match seen.next() {
                Some(next) => seen = self.get(&next).await,
                None => return seen,
            }
        }
        panic!("it never ends: {seen:?}")
    }
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Where a redirect or a refreshing page leads. What is outside of this machine is not asked.
    pub fn next(&self) -> Option<String> {
        let refresh = || {
            let at = self.body.split("content=\"0; url=").nth(1)?;
            Some(unescape(at.split('"').next()?))
        };
        let next = match self.header("location") {
            "" => refresh()?,
            location => location.to_owned(),
        };
        let next = self.url.join(&next).unwrap();
        (next.host_str() == Some("127.0.0.1")).then(|| next.into())
    }

    #[track_caller]
    pub fn must_be(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The text of the page, without its markup.
    pub fn text(&self) -> String {
        let start = self.body.split_once("<body").and_then(|(_, rest)| rest.split_once('>'));
        let body = start.map_or(self.body.as_str(), |(_, body)| body);
        let parts = body.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        let words: Vec<&str> = parts.flat_map(str::split_whitespace).collect();
        unescape(&words.join(" "))
    }
}

fn form(request: reqwest::RequestBuilder, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("Content-Type", "application/x-www-form-urlencoded").body(body)
}

fn unescape(text: &str) -> String {
    text.replace("&#x3D;", "=")
        .replace("&#x27;", "'")
        .replace("&quot;", "\"")
        .replace("&#x60;", "`")
        .replace("&amp;", "&")
}
