//! All HTTP that Keyway sends: one guarded client, and what is asked through it. Knows no database.

pub mod address;
pub mod client;
pub mod guard;
pub mod oauth;
pub mod remote;
pub mod resolver;
