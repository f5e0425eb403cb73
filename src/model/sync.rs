//! Stand-in until the real one arrives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pin {
    pub version: u32,
    pub digest: String,
}
