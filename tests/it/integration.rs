//! Integrations over HTTP: files in and out, slots, steps, versions.

mod edit;
mod file;
mod import;
mod pages;
mod switch;
