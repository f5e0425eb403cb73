//! Tenant sync over HTTP and SQL.

mod apply;
mod crash;
mod policy;
mod property;
mod rollback;
mod source;
