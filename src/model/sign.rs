//! Signatures that requests to third parties carry: assertions (JWT), OAuth 1 and AWS Signature Version 4. Keys are
//! read here and nowhere else; time and nonces are passed in.

pub mod jwt;
pub mod key;
pub mod oauth1;
pub mod sigv4;
