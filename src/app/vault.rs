//! A tenant's data keys, opened: seals and opens the secrets of its rows.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::app::App;
use crate::crypto::Kek;
use crate::crypto::Place;
use crate::crypto::SealKey;
use crate::crypto::sealed_key_id;
use crate::error::Error;
use crate::error::Result;
use crate::ids::DataKeyId;
use crate::ids::TenantId;
use crate::store;
use crate::store::conn::Conn;

/// The opened data keys of one tenant; the last one seals.
pub struct TenantKeys {
    tenant: TenantId,
    keys: Vec<(DataKeyId, SealKey)>,
}

fn key_place(tenant: TenantId, id: DataKeyId) -> Place<'static> {
    Place { tenant: tenant.0.into_bytes(), table: "data_keys", row: id.0.into_bytes(), column: "wrapped" }
}

/// Makes and wraps a data key for a new tenant.
pub fn wrap_new_key(kek: &Kek, tenant: TenantId) -> Result<(DataKeyId, Vec<u8>)> {
    let id = DataKeyId::new();
    Ok((id, kek.new_data_key(&key_place(tenant, id))?))
}

impl TenantKeys {
    fn open(kek: &Kek, tenant: TenantId, rows: &[store::tenant::DataKeyRow]) -> Result<Self> {
        let keys = rows
            .iter()
            .map(|row| {
                Ok((row.id, kek.unwrap_data_key(&key_place(tenant, row.id), row.id.0.into_bytes(), &row.wrapped)?))
            })
            .collect::<Result<_>>()?;
        Ok(Self { tenant, keys })
    }

    fn place<'a>(&self, table: &'a str, row: Uuid, column: &'a str) -> Place<'a> {
        Place { tenant: self.tenant.0.into_bytes(), table, row: row.into_bytes(), column }
    }

    /// Seals a value as JSON.
    ///
    /// # Errors
    /// When the tenant has no key.
    pub fn seal<T: Serialize>(&self, table: &str, row: Uuid, column: &str, value: &T) -> Result<Vec<u8>> {
        let (_, key) = self.keys.last().ok_or_else(|| Error::bug("a tenant has no data key"))?;
        let plain = Zeroizing::new(serde_json::to_vec(value).map_err(Error::internal)?);
        key.seal(&self.place(table, row, column), &plain)
    }

    /// Opens what `seal` made for the same row and column.
    ///
    /// # Errors
    /// When it was moved, changed, or sealed with a key that is gone.
    pub fn unseal<T: DeserializeOwned>(&self, table: &str, row: Uuid, column: &str, sealed: &[u8]) -> Result<T> {
        let id = sealed_key_id(sealed).map(|id| DataKeyId(Uuid::from_bytes(id)));
        let key = self.keys.iter().find(|(known, _)| Some(*known) == id).map(|(_, key)| key);
        let key = key.ok_or_else(|| Error::bug(format!("the data key of a {table} row is gone")))?;
        let plain = key.open(&self.place(table, row, column), sealed)?;
        // The cause would quote the plain text: it is left out on purpose.
        serde_json::from_slice(&plain).map_err(|_hidden| Error::bug(format!("a sealed {table} row is not readable")))
    }
}

impl App {
    /// The tenant's keys, opened once per process.
    pub(crate) fn keys(&self, c: &mut Conn, tenant: TenantId) -> Result<Arc<TenantKeys>> {
        if let Some(keys) = self.cached_keys(tenant) {
            return Ok(keys);
        }
        let rows = store::tenant::list_data_keys(c, tenant)?;
        let keys = Arc::new(TenantKeys::open(&self.inner.kek, tenant, &rows)?);
        self.cache_keys(tenant, &keys);
        Ok(keys)
    }

    /// Whether the key-encryption key opens what is in the database. Called at every start.
    ///
    /// # Errors
    /// `wrong_vault_key`.
    pub async fn check_vault(&self) -> Result<()> {
        let kek = self.inner.kek.clone();
        self.store()
            .read(move |c| {
                let Some((tenant, row)) = store::tenant::any_data_key(c)? else { return Ok(()) };
                TenantKeys::open(&kek, tenant, &[row]).map(drop)
            })
            .await
    }

    /// A keyed fingerprint of a secret: equal secrets of one deployment have equal ones.
    pub(crate) fn fingerprint(&self, secret: &[u8]) -> String {
        self.inner.kek.fingerprint(secret)
    }
}
