//! The page on which somebody allows or denies.

use serde::Serialize;

use crate::web::html::Page;

/// Plainly marked as what it is: nobody should take it for a real provider.
#[derive(Serialize)]
pub struct AuthorizePage {
    pub(super) title: String,
    /// Of the layout: this page leads nowhere by itself.
    pub(super) next_url: Option<String>,
    /// What each scope allows, in words.
    pub(super) wishes: Vec<String>,
    /// Where the person goes on.
    pub(super) back_to: String,
    /// The request as it came, to be looked at again when the button is pressed.
    pub(super) query: String,
}

impl AuthorizePage {
    pub(super) fn new(wishes: Vec<String>, back_to: String, query: String) -> Self {
        Self { title: "Allow access to Demo shop?".to_owned(), next_url: None, wishes, back_to, query }
    }
}

/// A scope in words.
pub(super) fn wish(scope: &str) -> String {
    match scope {
        "read_shop" => "See the name of the shop".to_owned(),
        "read_orders" => "Read its orders".to_owned(),
        other => other.to_owned(),
    }
}

impl Page for AuthorizePage {
    const TEMPLATE: &'static str = "stand_in/authorize";

    fn samples() -> Vec<(&'static str, Self)> {
        let hostile = "\"><script>alert(1)</script>{{query}}".to_owned();
        let usual = Self::new(
            vec![wish("read_orders"), wish("read_shop")],
            "http://127.0.0.1:8080".to_owned(),
            "response_type=code&state=1".to_owned(),
        );
        vec![("two", usual), ("hostile", Self::new(vec![hostile.clone()], hostile.clone(), hostile))]
    }
}
