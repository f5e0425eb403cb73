//! What a sync promises, on random tenants and in telling cases.

mod cases;
mod generate;
mod properties;
