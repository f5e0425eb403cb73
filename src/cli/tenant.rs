//! `keyway tenants`: the isolated environments of this deployment.

use clap::Subcommand;

use super::DONE;
use super::context::Context;
use super::output::Face;
use super::output::Tone;
use super::table::Cell;
use super::table::fields;
use super::table::moment;
use super::table::table;
use super::table::toned;
use crate::app::tenant::NewTenant;
use crate::error::Error;
use crate::error::Result;
use crate::model::tenant::Tenant;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a tenant with a data key of its own.
    Create {
        /// Lower-case letters, digits and hyphens, such as `dev` or `prod-eu`.
        key: String,
        /// What people call it; default: the key.
        #[arg(long)]
        name: Option<String>,
        /// Syncs into it need the role admin, and ask before they apply.
        #[arg(long)]
        production: bool,
    },
    /// List the tenants.
    List,
    /// Show one tenant.
    Show { key: String },
    /// Rename a tenant, or mark it as production.
    Update {
        key: String,
        /// What people call it.
        #[arg(long)]
        name: Option<String>,
        /// Whether syncs into it need the role admin.
        #[arg(long, value_name = "true|false")]
        production: Option<bool>,
    },
}

pub(super) async fn execute(command: Command, context: &mut Context<'_>) -> Result<u8> {
    match command {
        Command::Create { key, name, production } => {
            let new = NewTenant { key, name, is_production: production };
            let tenant = context.app.create_tenant(None, &operator(context), new).await?;
            context.output.done(format_args!("made the tenant {}", tenant.key));
            context.output.show(&tenant, one)?;
            let key = &tenant.key;
            context.output.hint(format_args!(
                "next: keyway --tenant {key} integrations import FILE..., or keyway --tenant {key} connections create COMPONENT TYPE --scope SCOPE"
            ));
        }
        Command::List => {
            let tenants = context.app.list_tenants().await?;
            context.output.show_list(&tenants, "No tenants yet. Make one: keyway tenants create dev", list)?;
        }
        Command::Show { key } => {
            let tenant = context.tenant_named(&key).await?;
            context.output.show(&tenant, one)?;
        }
        Command::Update { key, name, production } => {
            if name.is_none() && production.is_none() {
                return Err(Error::invalid(
                    "nothing_to_change",
                    "say what to change: --name NAME or --production true",
                ));
            }
            let actor = context.actor_in(context.tenant_named(&key).await?);
            let tenant = context.app.update_tenant(actor, name, production).await?;
            context.output.done(format_args!("changed the tenant {}", tenant.key));
            context.output.show(&tenant, one)?;
        }
    }
    Ok(DONE)
}

/// As histories name the operator.
fn operator(context: &Context<'_>) -> String {
    format!("operator {}", context.operator)
}

fn production(tenant: &Tenant) -> Cell {
    if tenant.is_production { toned("yes", Tone::Warning) } else { toned("no", Tone::Dim) }
}

fn list(tenants: &[Tenant], face: Face) -> String {
    let rows = tenants.iter().map(|tenant| {
        [
            toned(&tenant.key, Tone::Strong),
            Cell::from(&tenant.name),
            production(tenant),
            moment(tenant.created_at).into(),
        ]
    });
    table(face, ["KEY", "NAME", "PRODUCTION", "CREATED (UTC)"], rows)
}

fn one(tenant: &Tenant, face: Face) -> String {
    let rows = [
        ("key", toned(&tenant.key, Tone::Strong)),
        ("name", Cell::from(&tenant.name)),
        ("production", production(tenant)),
        ("id", tenant.id.to_string().into()),
        ("created", moment(tenant.created_at).into()),
    ];
    fields(face, rows)
}
