//! The application in a real browser: Chromium, driven through chromedriver, against the real program with its
//! demonstration. `TEST_DB` chooses the database. `scripts/test` installs what this needs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod designer;
mod page;
mod person;
mod program;
mod session;
mod stories;
mod together;
