//! Component pins: the target follows the source's where its deployment can.

use crate::model::sync::KnownComponent;
use crate::model::sync::diff::Differ;
use crate::model::sync::matching::merge;
use crate::model::sync::plan::Action;
use crate::model::sync::plan::BlockerCode;
use crate::model::sync::plan::Change;
use crate::model::sync::plan::Kind;
use crate::model::sync::plan::LeftAlone;
use crate::model::sync::plan::Side;
use crate::model::sync::plan::WarningCode;
use crate::model::sync::planner::Planner;
use crate::model::sync::planner::connections::delete;
use crate::model::sync::snapshot::Pin;

impl<'a> Planner<'a> {
    /// Runs last: by now it is known which components references need.
    pub(super) fn components(&mut self) {
        let (source, target) = (&self.source.snapshot.components, &self.target.snapshot.components);
        merge(source, target, |key, wanted, has| match (wanted, has) {
            (Some(wanted), has) if has != Some(wanted) => self.pin(key, wanted, has),
            (None, Some(_)) => {
                self.left_alone.push(LeftAlone { kind: Kind::Component, key: key.to_owned(), side: Side::Target });
            }
            _ => {}
        });
        let unpinned: Vec<&str> = self
            .placeholders
            .values()
            .map(|content| content.component.as_str())
            .filter(|component| !source.contains_key(*component) && !target.contains_key(*component))
            .collect();
        for key in unpinned {
            let message =
                format!("neither {} nor {} says which version of `{key}` to use", self.source.name, self.target.name);
            let advice = format!("name a version of `{key}` in {}", self.source.name);
            self.block(BlockerCode::UnknownComponent, key, (message, advice), None);
        }
    }

    fn pin(&mut self, key: &'a str, wanted: &'a Pin, has: Option<&'a Pin>) {
        let known = self.target.known_components.get(key).map_or(&[][..], Vec::as_slice);
        let Some(new) = known.iter().find(|known| known.pin == *wanted) else {
            return self.cannot_pin(key, wanted, known);
        };
        if let Some(has) = has.filter(|has| has.version > wanted.version) {
            self.warn(WarningCode::ComponentDowngrade, key, None, || {
                format!("goes back from version {} to {}, which the source uses", has.version, wanted.version)
            });
        }
        let mut differ = Differ::new(2);
        differ.field("version", has.map(|pin| pin.version.into()), Some(wanted.version.into()));
        differ.field("digest", has.map(|pin| pin.digest.as_str().into()), Some(wanted.digest.as_str().into()));
        self.component_changes.push(Change {
            kind: Kind::Component,
            action: if has.is_some() { Action::Update } else { Action::Create },
            fields: differ.fields,
            reason: format!("{} uses this version", self.source.name),
            ..delete(key, "")
        });
        if let Some(has) = has {
            self.quarantined_by_pin(key, has, new, known);
        }
    }

    fn cannot_pin(&mut self, key: &str, wanted: &Pin, known: &[KnownComponent]) {
        let target = &self.target.name;
        let (code, message) = if known.is_empty() {
            (BlockerCode::UnknownComponent, format!("the deployment of {target} has no component `{key}`"))
        } else if known.iter().any(|known| known.pin.version == wanted.version) {
            let what = format!("version {} of `{key}`", wanted.version);
            (BlockerCode::ComponentDiffers, format!("{what} has another content in the deployment of {target}"))
        } else {
            let what = format!("version {} of `{key}`", wanted.version);
            (BlockerCode::ComponentDiffers, format!("the deployment of {target} does not have {what}"))
        };
        if !self.needed_components.contains(key) {
            let message = format!("{message}; nothing that is synced needs it, so it stays as it is");
            self.warn(WarningCode::ComponentNotKnown, key, None, || message);
            return;
        }
        let advice =
            format!("add the manifest `components/{key}.yaml` that {} uses to that deployment", self.source.name);
        self.block(code, key, (message, advice), None);
    }

    /// A manifest may move the place that secrets are sent to.
    fn quarantined_by_pin(&mut self, key: &str, has: &Pin, new: &KnownComponent, known: &[KnownComponent]) {
        let old = known.iter().find(|known| known.pin == *has);
        let deleted: Vec<String> = self.connection_deletes.iter().map(|change| change.key.clone()).collect();
        for (connection, content) in &self.target.snapshot.connections {
            let holds_secrets = self.facts(connection).is_some_and(|facts| facts.holds_secrets);
            if content.component != key || !holds_secrets || deleted.contains(connection) {
                continue;
            }
            let places = |known: &KnownComponent| {
                known.connection_types.get(&content.connection_type).map(|kind| kind.destinations.clone())
            };
            if old.and_then(places) != places(new) {
                let cause = format!("version {} of component `{key}`", new.pin.version);
                self.quarantine(connection, &cause);
            }
        }
    }
}
