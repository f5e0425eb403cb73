//! What holds for every page: no serious finding of axe, no error on the console (a refusal by the content security policy
//! is one), nothing wider than the window.

use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::Value;
use serde_json::json;

use crate::person::Person;

const AXE: &str = "tests/browser/node_modules/axe-core/axe.min.js";

/// Chromium's own log of the console since the last look.
#[derive(Debug)]
struct Console;

impl WebDriverCompatibleCommand for Console {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

impl Person {
    /// Looks at the page that is open, at three widths.
    pub async fn inspects(&self) {
        let path = self.path().await;
        for width in [390, 1024, 1440] {
            self.client.set_window_size(width, 1000).await.unwrap();
            let over =
                self.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
            assert_eq!(over, json!(0), "{path} is wider than a window of {width}");
        }
        let axe = std::fs::read_to_string(AXE).unwrap_or_else(|error| panic!("{AXE} ({error}): run scripts/test"));
        self.client.execute(&axe, Vec::new()).await.unwrap();
        let look = "const done = arguments[0]; axe.run().then((found) => done(found.violations \
                    .filter((it) => ['serious', 'critical'].includes(it.impact)) \
                    .map((it) => [it.id, it.help, it.nodes.map((node) => node.html)])))";
        let found = self.client.execute_async(look, Vec::new()).await.unwrap();
        assert_eq!(found, json!([]), "{path}: {found:#}");
        self.hears_no_error().await;
    }

    /// Keeps a picture of the window in `target/browser`; `scripts/pictures` puts some into the docs.
    pub async fn takes_picture(&self, name: &str) {
        self.client.set_window_size(1280, 860).await.unwrap();
        let folder = std::path::Path::new("target/browser");
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await.unwrap()).unwrap();
    }

    /// Fails when the browser complained about anything.
    pub async fn hears_no_error(&self) {
        let log = self.client.issue_cmd(Console).await.unwrap();
        let wrong: Vec<&Value> = log.as_array().unwrap().iter().filter(|entry| is_complaint(entry)).collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", self.path().await);
    }

    async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }
}

/// A page that is shown with 4xx because a form was wrong is no fault of the page.
fn is_complaint(entry: &Value) -> bool {
    let is_answer =
        entry["message"].as_str().is_some_and(|text| text.contains("the server responded with a status of 4"));
    entry["level"] == "SEVERE" && !is_answer
}
