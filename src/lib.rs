//! Keyway: the connection manager of an integration platform.
//!
//! ```text
//!             cli   jobs   web            entry points: how a wish arrives
//!               \    |    /
//!                   app                   use cases: permission, transaction, audit
//!                 /  |  \
//!           store    |   outbound         SQL        HTTP we send
//!                 \  |  /
//!                  model                  types and rules; no IO
//!                    |
//!    error  ids  clock  crypto  config  logging    base: would fit any product
//! ```
//!
//! Who may import whom is a test: `tests/it/architecture.rs`.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod error;
pub mod ids;
pub mod jobs;
pub mod logging;
pub mod model;
pub mod outbound;
pub mod store;
pub mod web;
