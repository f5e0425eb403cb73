//! Making and changing drafts in the designer.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::By;
use crate::app::integration::Loaded;
use crate::app::integration::Lookup;
use crate::app::integration::integration_to_change;
use crate::app::integration::save::Saving;
use crate::app::integration::save::told;
use crate::error::Error;
use crate::error::FieldError;
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
use crate::model::definition::Reading;
use crate::model::definition::diff::Change;
use crate::model::definition::diff::Side;
use crate::model::definition::diff::diff;
use crate::model::definition::edit;
use crate::model::definition::edit::Edit;
use crate::model::definition::edit::EditError;
use crate::model::definition::edit::Edited;
use crate::model::definition::reference::Reference;
use crate::model::integration::DRAFT;
use crate::model::integration::Integration;
use crate::model::integration::Slot;
use crate::model::integration::Version;
use crate::model::names::MAX_KEY;
use crate::model::names::slug_or;
use crate::model::problem::Problem;
use crate::store;
use crate::store::conn::Conn;

/// What an edit did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EditReport {
    /// False: a preview, or nothing to change.
    pub is_written: bool,
    /// The integration's, from now on.
    pub version: i64,
    /// The path of the step that was touched, as it is now.
    #[schema(example = "Flow 1 / Send")]
    pub step: Option<String>,
    pub changes: Vec<Change>,
    /// What somebody should look at: secrets that were left out among them.
    pub findings: Vec<Problem>,
    /// References that lead nowhere from now on.
    pub broken_references: Vec<Reference>,
}

impl App {
    /// Makes an integration of one empty flow. `key`: absent, the slug of its name.
    ///
    /// # Errors
    /// `forbidden`, `invalid_fields`, `key_taken`.
    pub async fn create_integration(&self, actor: Actor, name: String, key: Option<String>) -> Result<Integration> {
        actor.require(Permission::IntegrationsWrite)?;
        let now = self.clock().now();
        let name = name.trim().to_owned();
        let key = key.unwrap_or_else(|| slug_or(&name, "integration"));
        check_new(&name, &key)?;
        let document = edit::empty(&name);
        self.store()
            .write(move |tx| {
                let tenant = actor.tenant.id;
                store::tenant::bump_revision(tx, tenant)?;
                if let Some(found) = store::integration::find(tx, tenant, &key)? {
                    let message = format!("the key `{key}` belongs to the integration \u{201c}{}\u{201d}", found.name);
                    return Err(Error::conflict("key_taken", message));
                }
                let (id, published_number, draft_edited_by) = (IntegrationId::new(), DRAFT, None);
                let new = Integration {
                    id,
                    key,
                    name,
                    published_number,
                    draft_edited_by,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                let draft = Version {
                    id: VersionId::new(),
                    integration_id: id,
                    number: DRAFT,
                    definition: serde_json::to_string(&document).map_err(Error::internal)?,
                    digest: definition::digest(&document),
                    created_by: actor.name(),
                    created_at: now,
                };
                store::integration::insert_all(tx, tenant, std::slice::from_ref(&new), std::slice::from_ref(&draft))?;
                let event = Event::new("integration.created", &new.key, told(&draft.digest, 1, &[]));
                store::audit::append(tx, Some(tenant), &actor.name(), &event, now)?;
                Ok(new)
            })
            .await
    }

    /// Changes the draft. `is_preview`: only tells what would change.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_mismatch`; what the operation refuses, with the field.
    pub async fn edit_integration(
        &self,
        actor: Actor,
        (key, expected_version): (String, Option<i64>),
        edit: Edit,
        is_preview: bool,
    ) -> Result<EditReport> {
        actor.require(if is_preview { Permission::IntegrationsRead } else { Permission::IntegrationsWrite })?;
        let (app, now) = (self.clone(), self.clock().now());
        self.store()
            .write_if(move |tx| {
                let integration = integration_to_change(tx, actor.tenant.id, &key, expected_version)?;
                let before = integration.version;
                let loaded = app.load_draft(tx, actor.tenant.id, integration)?;
                let report = app.edit(tx, By::new(&actor, now), loaded, &edit)?;
                let is_written = !is_preview && report.is_written;
                let version = if is_written { report.version } else { before };
                Ok((is_written, EditReport { is_written, version, ..report }))
            })
            .await
    }

    fn edit(&self, tx: &mut Conn, by: By<'_>, mut loaded: Loaded, edit: &Edit) -> Result<EditReport> {
        let tenant = by.tenant();
        let lookup = self.lookup(tx, tenant)?;
        let before = Self::parse(&loaded.version, &lookup)?;
        let old_bindings = self.bindings(tx, tenant, &loaded.slots)?;
        let edit = &waiting(edit, &lookup);
        let edited = edit::edit(&before, edit).map_err(refused)?;
        let Reading { definition: mut after, problems } = read_again(&edited.document, &lookup)?;
        let step = edited.path(&after);
        if let Some(document) =
            self.connected(tx, tenant, (&mut loaded.slots, &after, &lookup), (edit, &edited, &step))?
        {
            after = read_again(&document, &lookup)?.definition;
        }
        loaded.slots.retain(|slot| after.variable(&slot.variable).is_some());
        let new_bindings = self.bindings(tx, tenant, &loaded.slots)?;
        let old = Side { definition: &before, bindings: &old_bindings };
        let changes = diff(old, Side { definition: &after, bindings: &new_bindings });
        let known = definition::broken(&before);
        let broken_references = definition::broken(&after).into_iter().filter(|found| !known.contains(found)).collect();
        let new_findings = problems.into_iter().filter(|problem| problem.code == "secret_not_kept").collect();
        let is_written = after.document != before.document;
        let version = loaded.integration.version;
        let saving = Saving { document: Some(&after.document), action: "integration.edited", changes: changes.clone() };
        let version = if is_written { self.save_edited(tx, by, loaded, &saving)? } else { version };
        Ok(EditReport { is_written, version, step, changes, findings: new_findings, broken_references })
    }

    /// The document after the new step took the connection that was chosen for it.
    fn connected(
        &self,
        tx: &mut Conn,
        tenant: TenantId,
        of: (&mut Vec<Slot>, &Definition, &Lookup),
        (edit, edited, step): (&Edit, &Edited, &Option<String>),
    ) -> Result<Option<Value>> {
        let Edit::AddStep { step: new, .. } = edit else { return Ok(None) };
        let chosen = new.connection.as_ref().filter(|connection| !connection.is_empty());
        let (Some(connection), Some(input), Some(path)) = (chosen, &edited.connection_input, step) else {
            return Ok(None);
        };
        let (_, document) = self.step_switched(tx, tenant, of, (path, input, connection))?;
        Ok(Some(document))
    }

    /// The stable key of each slot's connection, or the one it asks for.
    pub(super) fn bindings(&self, c: &mut Conn, tenant: TenantId, slots: &[Slot]) -> Result<BTreeMap<String, String>> {
        let mut bindings = BTreeMap::new();
        for slot in slots {
            if let Some(key) = self.bound_key(c, tenant, slot)?.or_else(|| slot.stable_key.clone()) {
                bindings.insert(slot.variable.clone(), key);
            }
        }
        Ok(bindings)
    }
}

/// A step of a component with connections gets an input that waits for one, when none was chosen yet.
fn waiting(edit: &Edit, lookup: &Lookup) -> Edit {
    let mut edit = edit.clone();
    if let Edit::AddStep { step, .. } = &mut edit
        && step.connection.is_none()
        && lookup.get(&step.component).is_some_and(|component| !component.connections.is_empty())
    {
        step.connection = Some(String::new());
    }
    edit
}

fn read_again(document: &Value, lookup: &Lookup) -> Result<Reading> {
    definition::from_document(document, &|key| lookup.get(key)).map_err(|problems| {
        let message = problems.iter().find(|problem| problem.is_error()).map(|problem| problem.message.clone());
        Error::invalid(
            "definition_refused",
            message.unwrap_or_else(|| "the definition would not be readable".to_owned()),
        )
    })
}

fn refused(error: EditError) -> Error {
    let fields: Vec<FieldError> =
        error.field.iter().map(|field| FieldError::new(field, error.code, error.message.clone())).collect();
    match error.code {
        "no_such_step" | "no_such_flow" | "no_such_place" | "variable_in_use" => {
            Error::conflict(error.code, error.message)
        }
        _ => Error { fields, ..Error::invalid(error.code, error.message) },
    }
}

fn check_new(name: &str, key: &str) -> Result<()> {
    let mut wrong = Vec::new();
    if name.is_empty() || name.chars().count() > 256 || name.chars().any(char::is_control) {
        wrong.push(FieldError::new("name", "invalid_name", "a name has 1 to 256 characters on one line"));
    }
    if let Some(problem) = slug_problem(key, MAX_KEY) {
        wrong.push(FieldError::new("key", "invalid_key", format!("a key {problem}")));
    }
    Error::of_fields(wrong).map_or(Ok(()), Err)
}
