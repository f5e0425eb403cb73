//! What somebody asks of a plan, as it stands in an address: where from, by which policy, and which part of it to show.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::sync::OnMissing;
use crate::model::sync::Policy;
use crate::web::form::Fields;
use crate::web::query::address;

/// What the names of mapped keys begin with.
pub const MAP: &str = "map.";

/// A source and a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// The key of a tenant.
    pub from: String,
    pub policy: Policy,
}

/// Which part of a plan is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    pub show: String,
    /// One action or outcome.
    pub only: String,
    pub kind: String,
    pub page: usize,
}

/// The switches of a policy, as forms show them.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyOnPage {
    placeholder: bool,
    prune: bool,
    update_connections: bool,
    overwrite_drafts: bool,
    allow_quarantine: bool,
    /// Old and new.
    map: Vec<(String, String)>,
}

impl Ask {
    #[must_use]
    pub fn read(fields: &Fields) -> Self {
        let map: BTreeMap<String, String> = fields
            .under(MAP)
            .map(|(old, new)| (old.to_owned(), new.trim().to_owned()))
            .filter(|(_, new)| !new.is_empty())
            .collect();
        let policy = Policy {
            on_missing: if fields.get("on_missing") == "placeholder" {
                OnMissing::Placeholder
            } else {
                OnMissing::Fail
            },
            map,
            prune: fields.has("prune"),
            update_connections: fields.has("update_connections"),
            overwrite_drafts: fields.has("overwrite_drafts"),
            allow_quarantine: fields.has("allow_quarantine"),
        };
        Self { from: fields.get("from").trim().to_owned(), policy }
    }

    /// The same as names and values; `read` of them is this again.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        let Policy { on_missing, map, prune, update_connections, overwrite_drafts, allow_quarantine } = &self.policy;
        let on = |name: &str, is_on: bool| is_on.then(|| (name.to_owned(), "on".to_owned()));
        let missing =
            (*on_missing == OnMissing::Placeholder).then(|| ("on_missing".to_owned(), "placeholder".to_owned()));
        std::iter::once(("from".to_owned(), self.from.clone()))
            .chain(missing)
            .chain(on("prune", *prune))
            .chain(on("update_connections", *update_connections))
            .chain(on("overwrite_drafts", *overwrite_drafts))
            .chain(on("allow_quarantine", *allow_quarantine))
            .chain(map.iter().map(|(old, new)| (format!("{MAP}{old}"), new.clone())))
            .collect()
    }

    /// The same on the command line.
    #[must_use]
    pub fn command(&self, target: &str) -> String {
        let mut words = format!("keyway sync plan --from {} --to {target}", self.from);
        let policy = &self.policy;
        let switches = [
            (policy.on_missing == OnMissing::Placeholder, "--on-missing placeholder"),
            (policy.prune, "--prune"),
            (policy.update_connections, "--update-connections"),
            (policy.overwrite_drafts, "--overwrite-drafts"),
            (policy.allow_quarantine, "--allow-quarantine"),
        ];
        switches.iter().filter(|(is_on, _)| *is_on).for_each(|(_, word)| words.push_str(&format!(" {word}")));
        policy.map.iter().for_each(|(old, new)| words.push_str(&format!(" --map {old}={new}")));
        words
    }
}

impl Part {
    #[must_use]
    pub fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        let page = fields.get("page").parse().unwrap_or_default();
        Self { show: text("show"), only: text("only"), kind: text("kind"), page }
    }

    /// The address of this part of what `place` shows.
    #[must_use]
    pub fn url(&self, (path, pairs): (&str, &[(String, String)])) -> String {
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        let own = [("show", &self.show), ("only", &self.only), ("kind", &self.kind), ("page", &page)];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value.clone()));
        address(path, pairs.iter().cloned().chain(own))
    }
}

impl From<&Policy> for PolicyOnPage {
    fn from(policy: &Policy) -> Self {
        Self {
            placeholder: policy.on_missing == OnMissing::Placeholder,
            prune: policy.prune,
            update_connections: policy.update_connections,
            overwrite_drafts: policy.overwrite_drafts,
            allow_quarantine: policy.allow_quarantine,
            map: policy.map.iter().map(|(old, new)| (old.clone(), new.clone())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_was_asked() {
        let ask = Ask::read(&Fields::from([
            ("from", " dev "),
            ("on_missing", "placeholder"),
            ("prune", "on"),
            ("map.a/b", "c"),
            ("map.left", " "),
        ]));
        assert_eq!(ask.policy.map.len(), 1);
        let pairs = ask.pairs();
        let written = address("/t/prod/sync/plan", pairs.clone());
        assert_eq!(written, "/t/prod/sync/plan?from=dev&on_missing=placeholder&prune=on&map.a%2Fb=c");
        assert_eq!(Ask::read(&Fields::of_query(written.split_once('?').unwrap().1)), ask);
        assert_eq!(
            ask.command("prod"),
            "keyway sync plan --from dev --to prod --on-missing placeholder --prune --map a/b=c"
        );
    }
}
