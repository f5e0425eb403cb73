//! Inputs of connection types as fields of our forms: what stands in them, and what typing into them changes. A field
//! begins with the value in effect; one that is left as it was stays inherited. Secrets are never sent to a page.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::component::Input;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::values::Edit;
use crate::model::values::Inputs;
use crate::model::values::Stored;
use crate::model::values::edit::Change;
use crate::model::values::is_shared;
use crate::model::values::managed_by;
use crate::model::values::typed::Shape;
use crate::model::values::typed::shape;
use crate::model::values::typed::text_of;
use crate::model::values::typed::value_of;
use crate::model::values::usual_manager;
use crate::model::values::view::InputView;
use crate::web::form::Fields;
use crate::web::refusal;
use crate::web::refusal::Refusal;
use crate::web::words;
use crate::web::words::Badge;
use crate::web::words::sentence;

/// What is shown of the layer that a form edits.
#[derive(Clone, Copy)]
pub struct Sheet<'a> {
    /// What the names of its fields begin with.
    pub prefix: &'a str,
    /// What the layer stores.
    pub own: &'a Inputs,
    /// Whose layer it is: `Some` for the global one, where who manages an input is chosen too.
    pub global_of: Option<Scope>,
    /// What was typed already.
    pub typed: Option<&'a Fields>,
    pub refusal: Option<&'a Refusal>,
}

/// One input.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    pub key: String,
    id: String,
    name: String,
    label: String,
    help: Option<String>,
    placeholder: Option<String>,
    /// Never of a secret.
    pub value: String,
    error: Option<String>,
    described_by: Option<String>,
    is_required: bool,
    pub is_secret: bool,
    is_lines: bool,
    is_number: bool,
    is_choice: bool,
    choices: Vec<Choice>,
    /// Of a secret that is stored: how long it is, and what a blank field does.
    kept: Option<String>,
    /// The name of the box that drops what this layer stores.
    drop: Option<String>,
    /// Where the value in effect comes from.
    origin: Option<Badge>,
    /// May not be typed here, and why.
    fixed: Option<String>,
    manager: Option<Select>,
    travel: Option<Select>,
}

/// One of a few.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

/// A select box of its own.
#[derive(Debug, Clone, Serialize)]
pub struct Select {
    name: String,
    pub choices: Vec<Choice>,
}

#[must_use]
pub fn choice(value: &str, label: impl Into<String>, chosen: &str) -> Choice {
    Choice { value: value.to_owned(), label: label.into(), is_chosen: value == chosen }
}

impl Sheet<'_> {
    /// `seen`: the value in effect, where a connection is there already.
    #[must_use]
    pub fn field(&self, input: &Input, seen: Option<&InputView>) -> Field {
        let name = format!("{}{}", self.prefix, input.key);
        let id = name.replace('.', "-");
        let before = self.before(input, seen);
        let typed = self.typed.filter(|typed| typed.has(&name));
        let value = typed.map_or(before, |typed| typed.get(&name).to_owned());
        let form = shape(input);
        let is_secret = form == Shape::Secret;
        let stored = self.own.get(&input.key);
        let error = refusal::field(self.refusal, &format!("inputs.{}", input.key));
        let kept = is_secret.then(|| kept(seen, stored)).flatten();
        let help = help(input, &form);
        let described = [help.as_ref().map(|_| "help"), kept.as_ref().map(|_| "kept"), error.as_ref().map(|_| "error")];
        let described: Vec<String> = described.into_iter().flatten().map(|part| format!("{id}-{part}")).collect();
        let choices = choices(input, &form, &value);
        Field {
            key: input.key.clone(),
            label: input.label.clone(),
            placeholder: input.placeholder.clone().or_else(|| input.example.clone()),
            described_by: (!described.is_empty()).then(|| described.join(" ")),
            is_required: input.required,
            is_secret,
            is_lines: form == Shape::Lines,
            is_number: form == Shape::Number,
            is_choice: !choices.is_empty(),
            drop: stored.filter(|stored| is_secret && stored.is_set()).map(|_| format!("drop.{name}")),
            origin: seen.map(|seen| words::provenance(seen.origin, seen.state)),
            fixed: seen.filter(|seen| !seen.may_set).map(|seen| fixed(input, seen)),
            manager: self.manager(input, &name),
            travel: self.travel(input, &name),
            value: if is_secret { String::new() } else { value },
            id,
            name,
            help,
            error,
            choices,
            kept,
        }
    }

    /// What stands in the field before anything is typed.
    fn before(&self, input: &Input, seen: Option<&InputView>) -> String {
        if input.is_secret() {
            return String::new();
        }
        let value = match seen {
            Some(seen) => seen.value.as_ref(),
            None => self.own.get(&input.key).and_then(|stored| stored.value.as_ref()).or(input.default.as_ref()),
        };
        value.map(|value| text_of(input, value)).unwrap_or_default()
    }

    fn manager(&self, input: &Input, name: &str) -> Option<Select> {
        let is_chosen_here = self.global_of == Some(Scope::Customer) && !input.is_derived();
        let name = format!("manager.{name}");
        is_chosen_here.then(|| {
            let now = managed_by(Scope::Customer, self.own, input);
            let now = self.typed.and_then(|typed| manager_of(typed.get(&name))).unwrap_or(now);
            let all = [ManagedBy::Organization, ManagedBy::Customer, ManagedBy::Embedded];
            let choices = all.into_iter().map(|by| choice(manager_word(by), words::manager(by), manager_word(now)));
            Select { choices: choices.collect(), name }
        })
    }

    fn travel(&self, input: &Input, name: &str) -> Option<Select> {
        let name = format!("travel.{name}");
        (self.global_of.is_some() && !input.is_secret() && !input.is_derived()).then(|| {
            let now = if is_shared(self.own, input) { "shared" } else { "local" };
            let now = self.typed.map(|typed| typed.get(&name)).filter(|typed| !typed.is_empty()).unwrap_or(now);
            let choices = [("shared", "Shared: travels"), ("local", "Local: stays")];
            Select { choices: choices.iter().map(|(value, label)| choice(value, *label, now)).collect(), name }
        })
    }

    /// What the typed texts change of these inputs.
    #[must_use]
    pub fn edits<'a>(
        &self,
        inputs: impl Iterator<Item = (&'a Input, Option<&'a InputView>)>,
        typed: &Fields,
    ) -> BTreeMap<String, Edit> {
        let edit = |(input, seen): (&Input, Option<&InputView>)| {
            let edit = self.edit(input, seen, typed);
            (edit != Edit::default()).then(|| (input.key.clone(), edit))
        };
        inputs.filter_map(edit).collect()
    }

    fn edit(&self, input: &Input, seen: Option<&InputView>, typed: &Fields) -> Edit {
        let name = format!("{}{}", self.prefix, input.key);
        let nothing = Stored::default();
        let stored = self.own.get(&input.key).unwrap_or(&nothing);
        let text = typed.get(&name);
        let value = match (typed.has(&name), input.is_secret()) {
            _ if typed.has(&format!("drop.{name}")) => Change::Clear,
            (false, _) => Change::Keep,
            (true, true) if text.is_empty() => Change::Keep,
            (true, true) => Change::Set(value_of(input, text)),
            (true, false) if text.replace("\r\n", "\n") == self.before(input, seen) => Change::Keep,
            (true, false) if text.trim().is_empty() && stored.is_set() => Change::Clear,
            (true, false) if text.trim().is_empty() => Change::Keep,
            (true, false) => Change::Set(value_of(input, text)),
        };
        let manager = manager_of(typed.get(&format!("manager.{name}"))).filter(|_| self.global_of.is_some());
        let travel = Some(typed.get(&format!("travel.{name}"))).filter(|word| ["shared", "local"].contains(word));
        let travel = travel.filter(|_| self.global_of.is_some()).map(|word| word == "shared");
        Edit {
            value,
            managed_by: setting(manager, stored.managed_by, &usual_manager(input)),
            shared: setting(travel, stored.shared, &!input.is_local()),
        }
    }
}

impl Field {
    /// With a word of the page's own in place of where the value comes from; `None`: with none.
    #[must_use]
    pub fn marked(self, badge: Option<Badge>) -> Self {
        Self { origin: badge, ..self }
    }
}

/// What is as the manifest says is not stored, so that it follows the manifest.
fn setting<T: PartialEq>(typed: Option<T>, stored: Option<T>, usual: &T) -> Change<T> {
    match (typed, stored) {
        (None, _) => Change::Keep,
        (Some(typed), Some(stored)) if typed == stored => Change::Keep,
        (Some(typed), None) if typed == *usual => Change::Keep,
        (Some(typed), Some(_)) if typed == *usual => Change::Clear,
        (Some(typed), _) => Change::Set(typed),
    }
}

fn manager_word(managed_by: ManagedBy) -> &'static str {
    match managed_by {
        ManagedBy::Organization => "organization",
        ManagedBy::Customer => "customer",
        ManagedBy::Embedded => "embedded",
    }
}

/// Who manages, by the word of the form.
#[must_use]
pub fn manager_of(word: &str) -> Option<ManagedBy> {
    [ManagedBy::Organization, ManagedBy::Customer, ManagedBy::Embedded]
        .into_iter()
        .find(|managed_by| manager_word(*managed_by) == word)
}

fn help(input: &Input, form: &Shape) -> Option<String> {
    let lines = match (form, input.collection) {
        (Shape::Lines, Some(crate::model::component::Collection::List)) => Some("One on each line."),
        (Shape::Lines, Some(crate::model::component::Collection::KeyValue)) => Some("On each line: name=value."),
        _ => None,
    };
    let texts: Vec<String> =
        input.comments.as_deref().map(sentence).into_iter().chain(lines.map(ToOwned::to_owned)).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

fn choices(input: &Input, form: &Shape, value: &str) -> Vec<Choice> {
    let blank = match &input.default {
        Some(default) => format!("Component's default ({})", text_of(input, default)),
        None => "Not set".to_owned(),
    };
    let blank = choice("", blank, value);
    match form {
        Shape::Switch => vec![blank, choice("true", "Yes", value), choice("false", "No", value)],
        Shape::Choice(options) => {
            std::iter::once(blank).chain(options.iter().map(|(key, label)| choice(key, label, value))).collect()
        }
        _ => Vec::new(),
    }
}

/// What is told of a secret that is there.
fn kept(seen: Option<&InputView>, stored: Option<&Stored>) -> Option<String> {
    let secret = seen.and_then(|seen| seen.secret).filter(|secret| secret.is_set)?;
    let length = match secret.length {
        Some(1) => "One character is stored".to_owned(),
        Some(length) => format!("{length} characters are stored"),
        None => "One is stored".to_owned(),
    };
    Some(match stored.is_some_and(Stored::is_set) {
        true => format!("{length}. Leave it blank to keep it; typing replaces it."),
        false => format!("{length} on the connection. Leave it blank to use that one."),
    })
}

fn fixed(input: &Input, seen: &InputView) -> String {
    if input.is_derived() {
        return "Derived from the other inputs".to_owned();
    }
    format!("Managed by: {}", words::manager(seen.managed_by))
}

/// For samples of pages.
#[must_use]
pub fn samples(text: &str) -> Vec<Field> {
    use crate::model::component::InputKind;
    let own = Inputs::new();
    let refusal = refusal::sample(text);
    let sheet = Sheet {
        prefix: "input.",
        own: &own,
        global_of: Some(Scope::Customer),
        typed: None,
        refusal: (text != "plain").then_some(&refusal),
    };
    let kinds = [InputKind::String, InputKind::Password, InputKind::Select, InputKind::Text, InputKind::Boolean];
    let field = |(at, kind): (usize, InputKind)| {
        let input = Input {
            key: if at == 0 { "client_id".to_owned() } else { format!("input_{at}") },
            label: format!("{text} {at}"),
            kind,
            required: at < 2,
            shown: true,
            comments: Some(text.to_owned()),
            placeholder: Some(text.to_owned()),
            options: vec![crate::model::component::Choice { value: text.to_owned(), label: None }],
            ..Input::default()
        };
        sheet.field(&input, None)
    };
    kinds.into_iter().enumerate().map(field).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn edit(input: &Input, own: &Inputs, typed: &Fields) -> Edit {
        let sheet = Sheet { prefix: "input.", own, global_of: Some(Scope::Customer), typed: None, refusal: None };
        sheet.edit(input, None, typed)
    }

    #[test]
    fn what_is_left_as_it_was_stays_inherited() {
        let input = Input { key: "url".to_owned(), default: Some(json!("https://a.example")), ..Input::default() };
        let none = Inputs::new();
        assert_eq!(edit(&input, &none, &Fields::from([("input.url", "https://a.example")])), Edit::default());
        assert_eq!(edit(&input, &none, &Fields::from([("input.url", " ")])), Edit::default());
        assert_eq!(edit(&input, &none, &Fields::from([("other", "x")])), Edit::default());
        let set = edit(&input, &none, &Fields::from([("input.url", "https://b.example")]));
        assert_eq!(set.value, Change::Set(json!("https://b.example")));
        let own = Inputs::from([("url".to_owned(), Stored { value: Some(json!("x")), ..Stored::default() })]);
        assert_eq!(edit(&input, &own, &Fields::from([("input.url", "x")])), Edit::default());
        assert_eq!(edit(&input, &own, &Fields::from([("input.url", "")])).value, Change::Clear);
    }

    #[test]
    fn blank_secrets_are_kept_and_dropped_by_their_box_only() {
        let input = Input { key: "key".to_owned(), write_only: true, ..Input::default() };
        let own = Inputs::from([("key".to_owned(), Stored { secret: true, ..Stored::default() })]);
        assert_eq!(edit(&input, &own, &Fields::from([("input.key", "")])), Edit::default());
        assert_eq!(edit(&input, &own, &Fields::from([("input.key", " s ")])).value, Change::Set(json!(" s ")));
        let dropped = Fields::from([("input.key", ""), ("drop.input.key", "yes")]);
        assert_eq!(edit(&input, &own, &dropped).value, Change::Clear);
    }

    #[test]
    fn settings_as_the_manifest_has_them_are_not_stored() {
        let input = Input { key: "a".to_owned(), shown: true, ..Input::default() };
        let none = Inputs::new();
        let usual = Fields::from([("manager.input.a", "customer"), ("travel.input.a", "shared")]);
        assert_eq!(edit(&input, &none, &usual), Edit::default());
        let other = Fields::from([("manager.input.a", "organization"), ("travel.input.a", "local")]);
        let set = edit(&input, &none, &other);
        assert_eq!((set.managed_by, set.shared), (Change::Set(ManagedBy::Organization), Change::Set(false)));
        let stored = Stored { managed_by: Some(ManagedBy::Organization), shared: Some(false), ..Stored::default() };
        let own = Inputs::from([("a".to_owned(), stored)]);
        let back = edit(&input, &own, &usual);
        assert_eq!((back.managed_by, back.shared), (Change::Clear, Change::Clear));
    }
}
