//! Versions beside each other: what is different, what others changed meanwhile, and an old one as the draft again.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::By;
use crate::app::integration::Loaded;
use crate::app::integration::integration_to_change;
use crate::app::integration::save::Saving;
use crate::app::integration::show::IntegrationView;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Entry;
use crate::model::definition::diff::Change;
use crate::model::definition::diff::Side;
use crate::model::definition::diff::diff;
use crate::model::integration::Integration;
use crate::store;
use crate::store::conn::Conn;

/// The difference between two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VersionDiff {
    /// 0: the draft.
    pub from: i64,
    pub to: i64,
    pub changes: Vec<Change>,
}

/// What somebody did to a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Meanwhile {
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    pub actor: String,
    /// As the audit log names it.
    #[schema(example = "integration.edited")]
    pub action: String,
    pub changes: Vec<Change>,
}

const MAX_MEANWHILE: i64 = 20;

impl App {
    /// What is different between two versions; 0 is the draft, or what is published when there is no draft.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn diff_versions(&self, actor: Actor, key: String, (from, to): (i64, i64)) -> Result<VersionDiff> {
        actor.require(Permission::IntegrationsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let tenant = actor.tenant.id;
                let integration = store::integration::get(c, tenant, &key)?;
                let old = app.loaded(c, tenant, &integration, from)?;
                let new = app.loaded(c, tenant, &integration, to)?;
                Ok(VersionDiff { from, to, changes: app.changes(c, tenant, (&old, &new))? })
            })
            .await
    }

    fn loaded(&self, c: &mut Conn, tenant: TenantId, integration: &Integration, number: i64) -> Result<Loaded> {
        if number == 0 {
            return self.load_draft(c, tenant, integration.clone());
        }
        let version = store::integration::find_version(c, tenant, integration.id, number)?;
        let version = version.ok_or_else(|| Error::not_found("version", number))?;
        let slots = store::slot::list(c, tenant, version.id)?;
        Ok(Loaded { integration: integration.clone(), version, slots })
    }

    pub(super) fn changes(
        &self,
        c: &mut Conn,
        tenant: TenantId,
        (old, new): (&Loaded, &Loaded),
    ) -> Result<Vec<Change>> {
        let lookup = self.lookup(c, tenant)?;
        let (before, after) = (Self::parse(&old.version, &lookup)?, Self::parse(&new.version, &lookup)?);
        let (was, is) = (self.bindings(c, tenant, &old.slots)?, self.bindings(c, tenant, &new.slots)?);
        Ok(diff(Side { definition: &before, bindings: &was }, Side { definition: &after, bindings: &is }))
    }

    /// What was done to the draft since somebody saw this version of the integration; the oldest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn changes_since(&self, actor: Actor, key: String, version: i64) -> Result<Vec<Meanwhile>> {
        actor.require(Permission::IntegrationsRead)?;
        self.store()
            .read(move |c| {
                let tenant = actor.tenant.id;
                let integration = store::integration::get(c, tenant, &key)?;
                let of = ("integration.", integration.key.as_str());
                let entries = store::audit::list_of_subject(c, tenant, of, MAX_MEANWHILE)?;
                let is_later = |entry: &Entry| {
                    entry.at >= integration.created_at
                        && entry.detail["version"].as_i64().is_some_and(|is| is > version)
                };
                let meanwhile = entries.into_iter().filter(is_later).map(|mut entry| Meanwhile {
                    at: entry.at,
                    actor: entry.actor,
                    action: entry.action,
                    changes: serde_json::from_value(entry.detail["changes"].take()).unwrap_or_default(),
                });
                let mut meanwhile: Vec<Meanwhile> = meanwhile.collect();
                meanwhile.reverse();
                Ok(meanwhile)
            })
            .await
    }

    /// Makes a published version the draft again.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_mismatch`.
    pub async fn restore_version(
        &self,
        actor: Actor,
        (key, expected_version): (String, Option<i64>),
        number: i64,
    ) -> Result<IntegrationView> {
        actor.require(Permission::IntegrationsWrite)?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write(move |tx| {
                let tenant = actor.tenant.id;
                let integration = integration_to_change(tx, tenant, &key, expected_version)?;
                let current = app.load_draft(tx, tenant, integration.clone())?;
                let old = app.loaded(tx, tenant, &integration, number)?;
                let changes = app.changes(tx, tenant, (&current, &old))?;
                if !changes.is_empty() {
                    let saving = Saving { document: None, action: "integration.restored", changes };
                    app.save_edited(tx, By::new(&actor, now), old, &saving)?;
                }
                app.integration_view(tx, &actor, &key)
            })
            .await
    }
}
