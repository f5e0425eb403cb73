//! Forms with a file (RFC 7578), read whole: they are small here.

use actix_web::FromRequest;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::future::LocalBoxFuture;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::web::extract::BodyLimit;
use crate::web::extract::body_error;
use crate::web::form::multipart;

/// The parts by their names, in order.
pub struct Parts(Vec<(String, Vec<u8>)>);

impl Parts {
    /// The first part of that name; `None` too when it is empty, as it is when no file was chosen.
    #[must_use]
    pub fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        let at = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.swap_remove(at).1).filter(|content| !content.is_empty())
    }

    fn read(content_type: &str, body: &[u8]) -> Option<Self> {
        let parts = multipart::parse(body, multipart::boundary(content_type)?)?;
        Some(Self(parts.into_iter().map(|(name, content)| (name, content.to_vec())).collect()))
    }
}

impl FromRequest for Parts {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, body) = (req.clone(), Bytes::from_request(req, payload));
        Box::pin(async move {
            let limit = req.app_data::<BodyLimit>().copied();
            let body = body.await.map_err(|error| body_error(&error, limit))?;
            let kind =
                req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
            Self::read(kind, &body).ok_or_else(|| {
                let what = "a form with a file is sent as `multipart/form-data`, whole";
                Error::new(Kind::UnsupportedMedia, "unsupported_media_type", what)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=XX";

    #[test]
    fn parts_are_read_with_whatever_bytes() {
        let body = b"--XX\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--XX\r\ncontent-disposition: form-data; \
            name=\"logo\"; filename=\"a;b.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--X\r\n\r\n--XX--\r\n";
        let mut parts = Parts::read(KIND, body).unwrap();
        assert_eq!(parts.take("logo").unwrap(), b"\x89PNG\r\n--X\r\n");
        assert_eq!(parts.take("note").unwrap(), b"hi");
        assert_eq!(parts.take("note"), None);
    }

    #[test]
    fn no_chosen_file_is_none() {
        let body = b"--XX\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"\"\r\n\r\n\r\n--XX--";
        assert_eq!(Parts::read(KIND, body).unwrap().take("logo"), None);
    }

    #[test]
    fn what_is_no_such_form_is_refused() {
        for (kind, body) in [
            ("multipart/form-data", "--XX--"),
            ("text/plain; boundary=XX", "--XX--"),
            ("multipart/form-data; boundary=", "----"),
            (KIND, ""),
            (KIND, "--XX"),
            (KIND, "--XX\r\n"),
            (KIND, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nnever ends"),
            (KIND, "--XX\r\nContent-Type: text/plain\r\n\r\nno name\r\n--XX--"),
        ] {
            assert!(Parts::read(kind, body.as_bytes()).is_none(), "{kind} {body}");
        }
    }
}
