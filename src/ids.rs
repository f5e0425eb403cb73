//! Typed ids: UUIDv7 (sortable by creation time), written with a prefix that tells the noun: `con_0199…`.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use uuid::Uuid;

use crate::error::Error;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            #[expect(clippy::new_without_default, reason = "a default id would hide that a new one is made")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(|rest| Uuid::try_parse(rest).ok())
                    .map(Self)
                    .ok_or_else(|| Error::malformed("malformed_id", concat!("an id here begins with `", $prefix, "_`")))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    TenantId = "ten";
    UserId = "usr";
    SessionId = "ses";
    ApiKeyId = "key";
    CustomerId = "cus";
    ConnectionId = "con";
    CredentialId = "crd";
    IntegrationId = "int";
    /// A draft or a published version of an integration.
    VersionId = "ver";
    SyncRunId = "syn";
    /// One entry of a history or of the audit log.
    EventId = "evt";
    /// A tenant's data-encryption key.
    DataKeyId = "dek";
    /// An authorization under way.
    FlowId = "flw";
    /// A link that lets a customer fill in a connection.
    LinkId = "lnk";
    TestRunId = "run";
    /// Reads of a connection's credentials in one second.
    ReadId = "rea";
}
