//! Manifests inside the program. Each is parsed once, when it is first asked for, so that a start does not wait for all.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::OnceLock;

use rust_embed::RustEmbed;

use crate::app::catalog::Entry;
use crate::app::catalog::Origin;
use crate::model::component;

#[derive(RustEmbed)]
#[folder = "components/"]
#[include = "*.yaml"]
struct Files;

/// A file, and its manifest once it was read.
struct Shipped {
    bytes: Cow<'static, [u8]>,
    entry: OnceLock<Option<Arc<Entry>>>,
}

static SHIPPED: LazyLock<BTreeMap<String, Shipped>> = LazyLock::new(|| {
    let shipped = |name: Cow<'static, str>| {
        let key = name.strip_suffix(".yaml")?.to_owned();
        Some((key, Shipped { bytes: Files::get(&name)?.data, entry: OnceLock::new() }))
    };
    Files::iter().filter_map(shipped).collect()
});

pub(super) fn get(key: &str) -> Option<Arc<Entry>> {
    let (key, shipped) = SHIPPED.get_key_value(key)?;
    shipped.read(key)
}

pub(super) fn list() -> Vec<Arc<Entry>> {
    SHIPPED.iter().filter_map(|(key, shipped)| shipped.read(key)).collect()
}

impl Shipped {
    /// Nothing for a broken manifest; a test holds that none is shipped.
    fn read(&self, key: &str) -> Option<Arc<Entry>> {
        let read = || {
            let text = String::from_utf8(self.bytes.to_vec()).ok()?;
            let component = component::read_trusted(&text).filter(|component| component.key == key)?;
            Some(Arc::new(Entry { digest: component.digest(), component, origin: Origin::BuiltIn, text }))
        };
        self.entry.get_or_init(read).clone()
    }
}

/// Names of all files, read or not.
#[cfg(test)]
pub(super) fn keys() -> Vec<String> {
    SHIPPED.keys().cloned().collect()
}
