//! Somebody at a browser: goes to pages, types into fields by their labels, presses what has a name, and reads.

use std::time::Duration;

use fantoccini::Client;
use fantoccini::ClientBuilder;
use fantoccini::Locator;
use fantoccini::actions::InputSource as _;
use fantoccini::actions::KeyAction;
use fantoccini::actions::KeyActions;
use fantoccini::elements::Element;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::program::Driver;
use crate::program::Program;

/// A page that is not there by then does not come.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Person {
    pub client: Client,
    pub url: String,
    // Ends when the person leaves.
    _driver: Driver,
}

impl Person {
    /// Opens an empty browser.
    pub async fn arrive(program: &Program) -> Self {
        let driver = Driver::start();
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--window-size=1440,1000",
        ];
        let mut wishes: Map<String, Value> = Map::new();
        wishes.insert("goog:chromeOptions".to_owned(), json!({ "args": args }));
        wishes.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
        let mut client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        let client = client.capabilities(wishes).connect(&driver.url).await.unwrap();
        Self { client, url: program.url.clone(), _driver: driver }
    }

    /// Opens a browser and signs in.
    pub async fn sign_in(program: &Program) -> Self {
        let person = Self::arrive(program).await;
        person.go("/sign-in").await;
        person.fill("E-mail address", &program.email).await;
        person.fill("Password", &program.password).await;
        person.press("Sign in").await;
        person.waits_for_path("/t/dev/").await;
        person
    }

    /// A path of the server, or an address.
    pub async fn go(&self, place: &str) {
        let address = if place.starts_with('/') { format!("{}{place}", self.url) } else { place.to_owned() };
        self.client.goto(&address).await.unwrap();
    }

    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    pub async fn waits_for_path(&self, start: &str) {
        let begun = std::time::Instant::now();
        while !self.path().await.starts_with(start) {
            assert!(
                begun.elapsed() < PATIENCE,
                "still at {}, not at {start}:\n{}",
                self.path().await,
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn find(&self, xpath: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(xpath)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{xpath} ({error}) at {}:\n{}", self.path().await, self.text().await),
        }
    }

    /// Types over what stands in the field of this label.
    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// The field of a label that begins so.
    pub async fn field(&self, label: &str) -> Element {
        let label = self.find(&format!("//label[starts-with(normalize-space(.), {})]", quoted(label))).await;
        match label.attr("for").await.unwrap() {
            Some(id) => self.find(&format!("//*[@id={}]", quoted(&id))).await,
            None => label.find(Locator::XPath(".//*[self::input or self::select or self::textarea]")).await.unwrap(),
        }
    }

    /// Ticks, or chooses, what is labelled so.
    pub async fn choose(&self, label: &str) {
        self.find(&format!("//label[contains(normalize-space(.), {})]", quoted(label))).await.click().await.unwrap();
    }

    /// Presses the first visible button, link or menu that is called so.
    pub async fn press(&self, name: &str) {
        let kinds = "self::button or self::a or self::summary or self::input[@type='submit']";
        let name = quoted(name);
        let xpath = format!("//*[{kinds}][normalize-space(.)={name} or @aria-label={name} or @value={name}]");
        self.find(&xpath).await;
        for element in self.client.find_all(Locator::XPath(&xpath)).await.unwrap() {
            if element.is_displayed().await.unwrap() {
                element.click().await.unwrap();
                return;
            }
        }
        panic!("{xpath} is hidden at {}", self.path().await);
    }

    /// Follows the first link that these words are part of.
    pub async fn opens(&self, words: &str) {
        let main = format!("//main//a[contains(normalize-space(.), {})]", quoted(words));
        self.find(&main).await.click().await.unwrap();
    }

    /// Everything that can be read.
    pub async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }

    pub async fn sees(&self, what: &str) {
        let begun = std::time::Instant::now();
        loop {
            let text = self.text().await;
            if text.contains(what) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "no `{what}` at {}:\n{text}", self.path().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Presses a key for whatever has the focus.
    pub async fn key(&self, key: char) {
        let press = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.client.perform_actions(press).await.unwrap();
    }

    pub async fn leaves(self) {
        self.client.close().await.unwrap();
    }
}

/// A word as XPath writes it.
fn quoted(text: &str) -> String {
    assert!(!text.contains('"'), "{text}");
    format!("\"{text}\"")
}
