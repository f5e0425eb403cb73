//! Somebody signed in with a browser, in one tenant.

use keyway::model::actor::Role;

use crate::support::PASSWORD;
use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::browser::Seen;

pub struct Person {
    pub browser: Browser,
    url: String,
    tenant: String,
}

impl Person {
    /// A new person with this role, signed in through the page.
    pub async fn new(t: &TestApp, tenant: &str, role: Role) -> Self {
        let email = format!("{role}-of-{tenant}@example.com");
        t.person(tenant, &email, role).await;
        Self::sign_in(t, tenant, &email).await
    }

    /// Somebody who exists.
    pub async fn sign_in(t: &TestApp, tenant: &str, email: &str) -> Self {
        let browser = Browser::new();
        let fields = [("email", email), ("password", PASSWORD)];
        browser.submit(&format!("{}/sign-in", t.url()), &fields).await.must_be(303);
        Self { browser, url: t.url().to_owned(), tenant: tenant.to_owned() }
    }

    /// The same person in another tenant.
    pub fn at(&self, tenant: &str) -> Self {
        Self { browser: self.browser.clone(), url: self.url.clone(), tenant: tenant.to_owned() }
    }

    /// The whole address of a page of the tenant.
    pub fn address(&self, path: &str) -> String {
        format!("{}/t/{}{path}", self.url, self.tenant)
    }

    pub async fn get(&self, path: &str) -> Seen {
        self.browser.get(&self.address(path)).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        self.browser.submit(&self.address(path), fields).await
    }

    /// The page that a form led to.
    pub async fn done(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let sent = self.post(path, fields).await.must_be(303);
        self.browser.follow(sent).await.must_be(200)
    }
}
