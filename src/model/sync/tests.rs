//! What a sync promises, on random tenants and in telling cases.

mod cases;
pub(crate) mod example;
mod folder;
mod generate;
mod properties;
mod size;
