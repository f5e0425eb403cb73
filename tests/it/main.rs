//! One test binary: behaviour by noun, and the house rules. `TEST_DB` (`sqlite` or `postgres`) chooses the database.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail where it stands")]

mod access;
mod api_key;
mod architecture;
mod attention;
mod audit_pages;
mod cli;
mod component;
mod connection;
mod connection_pages;
mod credential;
mod customer;
mod demo;
mod embedded;
mod fetch;
mod idempotency;
mod integration;
mod live_test;
mod migrations;
mod oauth;
mod oidc;
mod openapi;
mod outbound;
mod page_access;
mod pages;
mod planted;
mod protocol;
mod proxy;
mod rate;
mod refresh;
mod retention;
mod search_pages;
mod session;
mod settings_pages;
mod support;
mod sync;
mod sync_pages;
mod tenant;
mod test_run;
mod user;
