//! Integrations over HTTP: files in and out, slots, steps, versions.

mod file;
mod import;
mod switch;
