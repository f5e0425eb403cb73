//! A definition file into a draft: connections it asks for are found or made, never changed. One file is one transaction.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::By;
use crate::app::integration::Loaded;
use crate::app::integration::SlotView;
use crate::app::integration::bind::Binder;
use crate::app::integration::save::told;
use crate::error::Error;
use crate::error::Result;
use crate::ids::IntegrationId;
use crate::ids::TenantId;
use crate::ids::VersionId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Event;
use crate::model::connection::slug_problem;
use crate::model::definition;
use crate::model::definition::Definition;
use crate::model::integration::DRAFT;
use crate::model::integration::Integration;
use crate::model::integration::Slot;
use crate::model::integration::Version;
use crate::model::problem::Place;
use crate::model::problem::Problem;
use crate::store;
use crate::store::conn::Conn;

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportReport {
    /// Nothing was written when this is false.
    pub ok: bool,
    pub integration: Option<ImportedIntegration>,
    pub slots: Vec<ImportedSlot>,
    /// Stable keys of the connections that were made, without secrets: they must be filled in.
    pub created_connections: Vec<String>,
    /// Errors refuse the file; warnings ask for a look.
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportedIntegration {
    pub key: String,
    pub name: String,
    pub action: ImportAction,
    pub flows: usize,
    pub steps: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportAction {
    Created,
    /// A new draft was written.
    Updated,
    /// The draft says the same already.
    Unchanged,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportedSlot {
    #[serde(flatten)]
    pub slot: SlotView,
    pub action: SlotAction,
}

/// How a slot came to its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlotAction {
    /// The connection was made.
    Created,
    /// The connection was there.
    Matched,
    /// The slot stays as somebody bound it before.
    Kept,
    /// There is no connection for it yet.
    Unbound,
}

impl App {
    /// Imports one definition. `key`: absent, the slug of its name. What is wrong with the file is in the report, not
    /// an error.
    ///
    /// # Errors
    /// `forbidden`; only failures of ours besides.
    pub async fn import_integration(&self, actor: Actor, text: String, key: Option<String>) -> Result<ImportReport> {
        actor.require(Permission::IntegrationsWrite)?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write_if(move |tx| {
                let report = app.import(tx, By::new(&actor, now), &text, key.as_deref())?;
                Ok((report.ok, report))
            })
            .await
    }

    /// The same report without writing anything.
    ///
    /// # Errors
    /// `forbidden`; only failures of ours besides.
    pub async fn check_integration(&self, actor: Actor, text: String, key: Option<String>) -> Result<ImportReport> {
        actor.require(Permission::IntegrationsRead)?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store().write_if(move |tx| Ok((false, app.import(tx, By::new(&actor, now), &text, key.as_deref())?))).await
    }

    fn import(&self, tx: &mut Conn, by: By<'_>, text: &str, key: Option<&str>) -> Result<ImportReport> {
        let (By { actor, now }, tenant) = (by, by.tenant());
        store::tenant::bump_revision(tx, tenant)?;
        let lookup = self.lookup(tx, tenant)?;
        let reading = match definition::read(text, &|key| lookup.get(key)) {
            Ok(reading) => reading,
            Err(problems) => return Ok(refused(problems)),
        };
        let (definition, mut problems) = (reading.definition, reading.problems);
        let keys = definition.variables.iter().map(|variable| &variable.key);
        if keys.chain([&definition.name]).any(|text| text.contains('\0')) {
            let place = Place { line: 1, column: 1, ..Place::default() };
            problems.insert(0, Problem::error("nul_character", place, "a name holds a NUL character: take it out"));
            return Ok(refused(problems));
        }
        let integration = match self.same_integration(tx, actor, &definition, key)? {
            Ok(integration) => integration,
            Err(problem) => {
                problems.insert(0, problem);
                return Ok(refused(problems));
            }
        };
        let key = key.unwrap_or(&definition.key).to_owned();
        let before = integration.map(|integration| self.load_draft(tx, tenant, integration)).transpose()?;
        let old = before.as_ref().map_or(&[][..], |loaded| loaded.slots.as_slice());
        let mut binder = Binder::new(self, actor, &definition, now);
        let bound = binder.bind_all(tx, old)?;
        problems.append(&mut binder.problems);
        if problems.iter().any(Problem::is_error) {
            return Ok(refused(problems));
        }
        let created_connections = binder.created;
        let slots: Vec<Slot> = bound.iter().map(|(slot, _)| slot.clone()).collect();
        let action = self.write_import(tx, by, before, (&definition, &key, &slots))?;
        let lookup = self.lookup(tx, tenant)?;
        let slots = bound
            .iter()
            .map(|(slot, action)| {
                Ok(ImportedSlot { slot: self.slot_view(tx, tenant, slot, &lookup)?, action: *action })
            })
            .collect::<Result<_>>()?;
        problems.sort_by_key(|problem| (problem.line, problem.column));
        let flows = definition.document.get("flows").and_then(|flows| flows.as_array()).map_or(0, Vec::len);
        let name = definition.name.clone();
        let integration = Some(ImportedIntegration { key, name, action, flows, steps: definition.steps.len() });
        Ok(ImportReport { ok: true, integration, slots, created_connections, problems })
    }

    /// The integration that the file is about, if it is here already; a problem when the file cannot mean it.
    fn same_integration(
        &self,
        tx: &mut Conn,
        actor: &Actor,
        definition: &Definition,
        key: Option<&str>,
    ) -> Result<Result<Option<Integration>, Problem>> {
        let start = Place { line: 1, column: 1, ..Place::default() };
        if let Some(problem) = key.and_then(|key| slug_problem(key, 64)) {
            return Ok(Err(Problem::error("invalid_key", start, format!("an integration's key {problem}"))));
        }
        let found = store::integration::find(tx, actor.tenant.id, key.unwrap_or(&definition.key))?;
        if let (None, Some(found)) = (key, &found)
            && found.name != definition.name
        {
            let message = format!("the key `{}` belongs to the integration \u{201c}{}\u{201d}", found.key, found.name);
            let help =
                format!("import it with `--as {}` to replace that one, or with another key to keep both", found.key);
            return Ok(Err(Problem::error("key_of_another_name", start, message).help(help)));
        }
        Ok(Ok(found))
    }

    /// A published version holds keys where a draft holds ids: both may mean the same connection.
    fn same_bindings(&self, c: &mut Conn, tenant: TenantId, old: &[Slot], new: &[Slot]) -> Result<bool> {
        for slot in new {
            let Some(before) = old.iter().find(|before| same_wish(before, slot)) else { return Ok(false) };
            let is_same = before.connection_id == slot.connection_id && before.stable_key == slot.stable_key;
            if !is_same && self.bound_key(c, tenant, before)? != self.bound_key(c, tenant, slot)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn write_import(
        &self,
        tx: &mut Conn,
        by: By<'_>,
        before: Option<Loaded>,
        (definition, key, slots): (&Definition, &str, &[Slot]),
    ) -> Result<ImportAction> {
        let (By { actor, now }, tenant) = (by, by.tenant());
        let text = serde_json::to_string(&definition.document).map_err(Error::internal)?;
        let digest = definition::digest(&definition.document);
        if let Some(before) = &before
            && before.version.digest == digest
            && before.slots.len() == slots.len()
            && self.same_bindings(tx, tenant, &before.slots, slots)?
        {
            return Ok(ImportAction::Unchanged);
        }
        let old = before.as_ref().map(|before| (before.version.clone(), before.slots.clone()));
        let (integration, action) = match before {
            Some(Loaded { integration, .. }) => {
                let changed =
                    Integration { name: definition.name.clone(), draft_edited_by: Some(actor.name()), ..integration };
                store::integration::update(tx, tenant, &changed, now)?;
                (changed, ImportAction::Updated)
            }
            None => {
                let new = Integration {
                    id: IntegrationId::new(),
                    key: key.to_owned(),
                    name: definition.name.clone(),
                    published_number: 0,
                    draft_edited_by: None,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                store::integration::insert_all(tx, tenant, std::slice::from_ref(&new), &[])?;
                (new, ImportAction::Created)
            }
        };
        let draft = Version {
            id: VersionId::new(),
            integration_id: integration.id,
            number: DRAFT,
            definition: text,
            digest,
            created_by: actor.name(),
            created_at: now,
        };
        self.put_draft(tx, tenant, &draft, slots)?;
        let (version, changes) = match old {
            Some((version, slots_before)) => {
                let old = Loaded { integration: integration.clone(), version, slots: slots_before };
                let new = Loaded { integration: integration.clone(), version: draft.clone(), slots: slots.to_vec() };
                (integration.version + 1, self.changes(tx, tenant, (&old, &new))?)
            }
            None => (integration.version, Vec::new()),
        };
        let event = Event::new("integration.imported", key, told(&draft.digest, version, &changes));
        store::audit::append(tx, Some(tenant), &actor.name(), &event, now)?;
        Ok(action)
    }
}

/// All but what the slot is bound to.
fn same_wish(old: &Slot, new: &Slot) -> bool {
    old.variable == new.variable
        && old.component == new.component
        && old.connection_type == new.connection_type
        && old.scope == new.scope
        && old.required_scopes == new.required_scopes
        && old.is_rebound == new.is_rebound
}

fn refused(problems: Vec<Problem>) -> ImportReport {
    ImportReport { ok: false, integration: None, slots: Vec::new(), created_connections: Vec::new(), problems }
}
