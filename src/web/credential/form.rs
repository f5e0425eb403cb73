//! The values of a credential as a form: what its owner gives first, what it would override last.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::credential::Held;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::credential::Credential;
use crate::model::values::Edit;
use crate::model::values::Inputs;
use crate::model::values::Origin;
use crate::model::values::OwnerKind;
use crate::model::values::State;
use crate::model::values::usual_manager;
use crate::model::values::view::InputView;
use crate::web::connection::page::values::seen;
use crate::web::credential::page::Looked;
use crate::web::credential::page::offers_untested;
use crate::web::field;
use crate::web::field::Field;
use crate::web::field::Sheet;
use crate::web::form::Fields;
use crate::web::frame::Visit;
use crate::web::refusal;
use crate::web::refusal::Refusal;

/// What the names of these fields begin with.
const PREFIX: &str = "input.";

#[derive(Serialize)]
pub struct Form {
    /// Several of one customer are told apart by name.
    pub has_name: bool,
    name: String,
    name_error: Option<String>,
    fields: Vec<Field>,
    /// Values of the connection or the component, which it may override.
    inherited: Vec<Field>,
    /// Nothing else is there to see, or something in it is wrong.
    is_open: bool,
    version: i64,
    may_skip_test: bool,
    is_skipped: bool,
}

/// Whose values, laid over what.
pub struct Of<'a> {
    pub held: &'a Held,
    pub owner: OwnerKind,
    pub views: &'a [InputView],
    pub own: &'a Inputs,
    /// Nothing was entered yet: what is missing is no news.
    pub is_new: bool,
}

impl Form {
    /// # Errors
    /// When the pinned manifest lacks the connection type.
    pub fn of(looked: &Looked, typed: Option<&Fields>, refused: Option<&Refusal>) -> Result<Self> {
        let views = &looked.view.values.inputs;
        let owner = looked.view.credential.owner;
        let of = Of { held: &looked.held, owner, views, own: &looked.held.credential.inputs, is_new: false };
        Self::new(&of, typed, refused)
    }

    /// # Errors
    /// When the pinned manifest lacks the connection type.
    pub fn new(of: &Of<'_>, typed: Option<&Fields>, refused: Option<&Refusal>) -> Result<Self> {
        let kind = of.held.described.kind()?;
        let sheet = Sheet { prefix: PREFIX, own: of.own, global_of: None, typed, refusal: refused };
        let is_test = of.owner == OwnerKind::Test;
        let (asked, inherited): (Vec<_>, Vec<_>) = seen(kind, of.views)
            .filter(|(_, seen)| seen.is_some_and(|seen| seen.may_set || !is_test))
            .partition(|(input, seen)| seen.is_some_and(|seen| is_asked(input, seen)));
        let fields = |all: &[(&Input, Option<&InputView>)]| -> Vec<Field> {
            let field = |(input, seen): &(&Input, Option<&InputView>)| {
                let field = sheet.field(input, *seen);
                let is_missing = seen.is_some_and(|seen| seen.state == State::Missing);
                if of.is_new && is_missing { field.marked(None) } else { field }
            };
            all.iter().map(field).collect()
        };
        let is_wrong = |key: &str| refusal::field(refused, &format!("inputs.{key}")).is_some();
        let name = typed.and_then(|typed| typed.text("name")).unwrap_or_else(|| of.held.credential.name.clone());
        Ok(Self {
            has_name: of.owner == OwnerKind::Customer,
            name,
            name_error: refusal::field(refused, "name"),
            fields: fields(&asked),
            is_open: asked.is_empty() || inherited.iter().any(|(input, _)| is_wrong(&input.key)),
            inherited: fields(&inherited),
            version: of.held.credential.version,
            may_skip_test: offers_untested(of.held),
            is_skipped: typed.is_some_and(|typed| typed.has("without_test")),
        })
    }

    /// Saving untested is offered to those who may.
    #[must_use]
    pub fn offered_to(self, visit: &Visit) -> Self {
        Self { may_skip_test: self.may_skip_test && visit.may(Permission::ConnectionsWrite), ..self }
    }

    /// What was typed changes of a stored credential.
    ///
    /// # Errors
    /// When the pinned manifest lacks the connection type.
    pub fn edits(looked: &Looked, typed: &Fields) -> Result<BTreeMap<String, Edit>> {
        Self::edits_of(&looked.held, &looked.view.values.inputs, typed)
    }

    /// # Errors
    /// When the pinned manifest lacks the connection type.
    pub fn edits_of(held: &Held, views: &[InputView], typed: &Fields) -> Result<BTreeMap<String, Edit>> {
        let own = &held.credential.inputs;
        let sheet = Sheet { prefix: PREFIX, own, global_of: None, typed: None, refusal: None };
        Ok(sheet.edits(seen(held.described.kind()?, views), typed))
    }

    /// For samples of pages.
    #[must_use]
    pub fn sample(text: &str) -> Self {
        Self {
            has_name: true,
            name: Credential::DEFAULT_NAME.to_owned(),
            name_error: (text != "plain").then(|| text.to_owned()),
            fields: field::samples(text),
            inherited: field::samples(text),
            is_open: false,
            version: 1,
            may_skip_test: true,
            is_skipped: false,
        }
    }
}

/// What the owner gives; the rest comes from the connection.
fn is_asked(input: &Input, seen: &InputView) -> bool {
    let is_left = matches!(seen.state, State::Missing | State::Quarantined)
        || seen.origin == Some(Origin::Credential)
        || (seen.origin != Some(Origin::Global) && usual_manager(input) != ManagedBy::Organization);
    seen.may_set && input.shown && is_left
}
