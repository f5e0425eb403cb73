//! The `--map old=new` pairs: which source connection each means, and the ones that mean nothing.

use crate::model::problem::nearest;
use crate::model::sync::plan::BlockerCode;
use crate::model::sync::planner::Planner;

/// One map, under the source's current key (or the key itself, when only slots want it).
pub(super) struct Entry<'a> {
    old: &'a str,
    pub(super) new: &'a str,
    pub(super) is_used: bool,
}

impl<'a> Planner<'a> {
    pub(super) fn read_maps(&mut self) {
        for (old, new) in &self.policy.map {
            let key = self.matching.source.resolve(old).map_or(old.as_str(), |(key, _)| key);
            if self.matching.target.resolve(new).is_none() {
                let near = nearest(new, self.matching.target.all());
                let advice = near.map_or_else(
                    || format!("create `{new}` in {} first, or map to a connection that is there", self.target.name),
                    |near| format!("did you mean `--map {old}={near}`?"),
                );
                let message = format!("`--map {old}={new}`: {} has no connection `{new}`", self.target.name);
                self.block(BlockerCode::UnknownMapTarget, new, (message, advice), None);
            }
            let entry = self.maps.entry(key).or_insert(Entry { old, new, is_used: false });
            if entry.new != new {
                let message =
                    format!("`--map {}={}` and `--map {old}={new}` mean the same connection", entry.old, entry.new);
                self.block(BlockerCode::UnusedMap, old, (message, "keep one of the two".to_owned()), None);
            }
        }
    }

    /// After all references are known: maps that none of them used.
    pub(super) fn report_maps(&mut self) {
        let unused: Vec<(&'a str, &'a str)> =
            self.maps.iter().filter(|(_, entry)| !entry.is_used).map(|(key, entry)| (*key, entry.old)).collect();
        for (key, old) in unused {
            let is_known = self.matching.source.resolve(key).is_some();
            let text = if is_known {
                let message =
                    format!("no integration of {} uses `{old}`, so mapping it changes nothing", self.source.name);
                (message, format!("leave out `--map {old}=…`"))
            } else {
                let slots =
                    self.source.snapshot.integrations.values().flat_map(|integration| integration.slots.values());
                let wanted = slots.filter_map(|slot| slot.stable_key.as_deref());
                let near = nearest(old, self.matching.source.all().chain(wanted));
                let advice = near.map_or_else(
                    || format!("leave out `--map {old}=…`, or correct the key"),
                    |near| format!("did you mean `{near}`?"),
                );
                (format!("{} has no connection `{old}`, and no integration wants one", self.source.name), advice)
            };
            self.block(BlockerCode::UnusedMap, old, text, None);
        }
    }
}
