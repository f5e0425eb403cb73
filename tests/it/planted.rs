//! One secret, entered wherever secrets are entered, and looked for in every form wherever anything is told or kept.

mod hunt;
mod program;
mod server;

/// What is planted: with characters that JSON, YAML, URLs and shells write differently.
const SECRET: &str = "kw-5EED/7f3a+9c1e \"qu\\ote\" <&> é=50% 2d8b-PLANT";
