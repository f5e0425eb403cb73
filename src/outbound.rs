//! All HTTP that Keyway sends: one guarded client, and what is asked through it. Knows no database.

pub mod client;
pub mod remote;
