//! Definitions are long and a plan compares digests: they are read only for the integrations that it changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::sync::Ends;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::sync::Plan;
use crate::model::sync::Policy;
use crate::model::sync::Snapshot;
use crate::model::sync::plan as plan_of;
use crate::model::sync::plan::Action;
use crate::model::sync::plan::Kind;
use crate::store;
use crate::store::conn::Conn;

/// Which definitions a snapshot is read with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Definitions {
    All,
    /// Empty texts in their place.
    LeftOut,
}

/// The plan of two ends that were read without definitions; whatever it changes has its definition afterwards.
pub(super) fn plan_with_definitions(c: &mut Conn, ends: &mut Ends, policy: &Policy) -> Result<Plan> {
    let plan = plan_of(&ends.source, &ends.target, policy);
    let keys = |is_wanted: &dyn Fn(Action) -> bool| -> BTreeSet<String> {
        let changes = plan.changes.iter().filter(|change| change.kind == Kind::Integration);
        changes.filter(|change| is_wanted(change.action)).map(|change| change.key.clone()).collect()
    };
    let put = keys(&|action| action != Action::Delete);
    let replaced = keys(&|action| action != Action::Create);
    if let Some(tenant) = ends.source_tenant {
        fill(c, tenant, &mut ends.source.snapshot, &put)?;
    }
    fill(c, ends.target_tenant, &mut ends.target.snapshot, &replaced)?;
    // An update tells which places of the definition differ.
    if replaced.iter().any(|key| put.contains(key)) {
        return Ok(plan_of(&ends.source, &ends.target, policy));
    }
    Ok(plan)
}

fn fill(c: &mut Conn, tenant: TenantId, snapshot: &mut Snapshot, keys: &BTreeSet<String>) -> Result<()> {
    let lacking = |key: &&String| snapshot.integrations.get(*key).is_some_and(|content| content.definition.is_empty());
    let wanted: Vec<&String> = keys.iter().filter(lacking).collect();
    for (key, definition) in store::integration::definitions(c, tenant, &wanted)? {
        if let Some(content) = snapshot.integrations.get_mut(&key).filter(|content| content.definition.is_empty()) {
            content.definition = Arc::from(definition);
        }
    }
    Ok(())
}
