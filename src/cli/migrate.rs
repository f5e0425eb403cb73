//! `keyway migrate`: brings the database to the newest migration and says how things stand.

use serde::Serialize;

use super::DONE;
use super::context::Context;
use super::table::Cell;
use super::table::fields;
use crate::error::Result;

#[derive(Serialize)]
struct State {
    /// Without its password.
    database: String,
    is_migrated: bool,
    tenants: usize,
    components: usize,
}

/// Opening migrated already; what is left is to tell.
pub(super) async fn execute(context: &mut Context<'_>) -> Result<u8> {
    let state = State {
        database: context.settings.database.url.masked(),
        is_migrated: true,
        tenants: context.app.list_tenants().await?.len(),
        components: context.app.catalog().list().len(),
    };
    context.output.done("the database is at the newest migration, and the vault's key opens it");
    context.output.show(&state, |state, face| {
        let rows = [
            ("database", Cell::from(&state.database)),
            ("tenants", state.tenants.to_string().into()),
            ("components", state.components.to_string().into()),
        ];
        fields(face, rows)
    })?;
    if state.tenants == 0 {
        context.output.hint("next: keyway tenants create dev");
    }
    Ok(DONE)
}
