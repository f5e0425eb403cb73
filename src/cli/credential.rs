//! `keyway credentials`: the values of a connection for one owner.

use clap::Args;
use clap::Subcommand;

use super::DONE;
use super::args::OwnerArgs;
use super::context::Context;
use super::link;
use super::link::RestArgs;
use super::live_test;
use super::output::Face;
use super::output::Tone;
use super::table::Cell;
use super::table::fields;
use super::table::moment;
use super::table::or_dash;
use super::table::table;
use super::table::toned;
use super::value::ClearArgs;
use super::value::ValueArgs;
use super::value::edits;
use super::values::status;
use super::values::values;
use crate::app::credential::CredentialUpdate;
use crate::app::credential::Held;
use crate::app::credential::NewCredential;
use crate::app::view::CredentialSummary;
use crate::app::view::CredentialView;
use crate::app::view::CustomerRef;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::credential::Status;
use crate::model::values::OwnerKind;
use serde_json::json;

/// Items read at a time; lists show all.
const PAGE: i64 = 500;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Enter a credential: a customer's, the organization's, or the test runner's.
    Create(CreateArgs),
    /// List the credentials.
    List {
        /// Only of this connection.
        #[arg(long, value_name = "KEY")]
        connection: Option<String>,
        /// Only of this customer, by your own id of it.
        #[arg(long, value_name = "ID")]
        customer: Option<String>,
    },
    /// Show a credential and the effective values it gives.
    Show { id: CredentialId },
    /// Change a credential's values or name.
    Edit(EditArgs),
    /// Let integrations use the credential again.
    Enable { id: CredentialId },
    /// Keep integrations from using the credential.
    Disable { id: CredentialId },
    /// Make a link by which its owner authorizes again.
    Reconnect {
        id: CredentialId,
        #[command(flatten)]
        rest: RestArgs,
    },
    /// Revoke its tokens at the provider, when that can be done, and remove them here.
    Disconnect { id: CredentialId },
    /// Remove a credential and its secrets.
    Delete { id: CredentialId },
    /// Try the credential at the third party, with unsaved values over what is stored if you like. Exit code 1 when the
    /// test fails.
    Test {
        id: CredentialId,
        #[command(flatten)]
        values: ValueArgs,
    },
    /// What was tried with the third party, newest first.
    Attempts { id: CredentialId },
}

#[derive(Args)]
pub(super) struct CreateArgs {
    /// The connection: stable key, alias or id.
    connection: String,
    #[command(flatten)]
    owner: OwnerArgs,
    /// Tells several of one customer apart; default: `default`.
    #[arg(long, requires = "customer")]
    name: Option<String>,
    #[command(flatten)]
    values: ValueArgs,
    /// Save complete values without trying them at the third party; the history tells.
    #[arg(long)]
    without_test: bool,
}

#[derive(Args)]
pub(super) struct EditArgs {
    id: CredentialId,
    /// Tells several of one customer apart.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    values: ValueArgs,
    #[command(flatten)]
    cleared: ClearArgs,
    /// Save complete values without trying them at the third party; the history tells.
    #[arg(long)]
    without_test: bool,
    /// Refuse when the credential is not at this version any more.
    #[arg(long, value_name = "VERSION")]
    if_version: Option<i64>,
}

pub(super) async fn execute(command: Command, context: &mut Context<'_>) -> Result<u8> {
    let actor = context.actor().await?;
    match command {
        Command::Create(args) => create(context, actor, args).await?,
        Command::List { connection, customer } => list(context, actor, connection, customer).await?,
        Command::Show { id } => {
            let tenant = actor.tenant.id;
            let held = context.app.get_credential(actor, id).await?;
            show(context, tenant, held).await?;
        }
        Command::Edit(args) => edit(context, actor, args).await?,
        Command::Enable { id } => switch(context, actor, id, true).await?,
        Command::Disable { id } => switch(context, actor, id, false).await?,
        Command::Reconnect { id, rest } => link::reconnect(context, actor, id, rest).await?,
        Command::Disconnect { id } => link::disconnect(context, actor, id).await?,
        Command::Delete { id } => {
            context.app.delete_credential(actor, id, None).await?;
            context.output.done(format_args!("deleted the credential {id} and its secrets"));
            context.output.show(&json!({ "deleted": { "id": id } }), |_, _| String::new())?;
        }
        Command::Test { id, values } => {
            let held = context.app.get_credential(actor.clone(), id).await?;
            let inputs = edits(held.described.kind().ok(), &values, &ClearArgs::default())?;
            let verdict = context.app.test_credential(actor, id, inputs).await?;
            return live_test::verdict(context, &verdict);
        }
        Command::Attempts { id } => {
            let found = context.app.credential_attempts(actor, id, None, live_test::SHOWN).await?;
            live_test::attempts(context, &found)?;
        }
    }
    Ok(DONE)
}

async fn create(context: &mut Context<'_>, actor: Actor, args: CreateArgs) -> Result<()> {
    let tenant = actor.tenant.id;
    let Some(owner) = args.owner.owner(args.name) else {
        let message = "say whose it is: --customer ID, --organization or --test";
        return Err(Error::invalid("owner_required", message));
    };
    let described = context.app.get_connection(actor.clone(), args.connection.clone()).await?;
    let inputs = edits(described.kind().ok(), &args.values, &ClearArgs::default())?;
    let new = NewCredential { connection: args.connection, owner, inputs, without_test: args.without_test };
    let held = context.app.create_credential(actor, new).await?;
    let (id, key) = (held.credential.id, held.described.connection.stable_key.clone());
    context.output.done(format_args!("entered the credential {id} of {key}"));
    let view = show(context, tenant, held).await?;
    next_steps(context, &view);
    Ok(())
}

async fn list(
    context: &mut Context<'_>,
    actor: Actor,
    connection: Option<String>,
    customer: Option<String>,
) -> Result<()> {
    let mut held: Vec<Held> = Vec::new();
    loop {
        let after = held.last().map(|held| held.credential.id);
        let filter = (connection.clone(), customer.clone());
        let page = context.app.list_credentials(actor.clone(), filter, after, PAGE).await?;
        let is_last = i64::try_from(page.len()).unwrap_or(i64::MAX) < PAGE;
        held.extend(page);
        if is_last {
            break;
        }
    }
    let credentials = context.app.show_credentials(actor.tenant.id, held).await?;
    let keyway = context.keyway();
    let when_empty = format!("No credentials here. Enter one: {keyway} credentials create KEY --customer ID");
    context.output.show_list(&credentials, &when_empty, draw_list)
}

async fn edit(context: &mut Context<'_>, actor: Actor, args: EditArgs) -> Result<()> {
    let tenant = actor.tenant.id;
    let current = context.app.get_credential(actor.clone(), args.id).await?;
    let inputs = edits(current.described.kind().ok(), &args.values, &args.cleared)?;
    if args.name.is_none() && inputs.is_empty() {
        let message = "say what to change: --name, --set, --secret or --clear";
        return Err(Error::invalid("nothing_to_change", message));
    }
    let update = CredentialUpdate { name: args.name, is_enabled: None, inputs, without_test: args.without_test };
    let held = context.app.update_credential(actor, args.id, args.if_version, update).await?;
    let is_changed = held.credential.version != current.credential.version;
    context.output.done(if is_changed { "changed the credential" } else { "the credential is so already" });
    let view = show(context, tenant, held).await?;
    next_steps(context, &view);
    Ok(())
}

async fn switch(context: &mut Context<'_>, actor: Actor, id: CredentialId, is_enabled: bool) -> Result<()> {
    let tenant = actor.tenant.id;
    let update = CredentialUpdate { is_enabled: Some(is_enabled), ..CredentialUpdate::default() };
    let held = context.app.update_credential(actor, id, None, update).await?;
    let word = if is_enabled { "enabled" } else { "disabled: nothing can use it until it is enabled again" };
    context.output.done(format_args!("the credential is {word}"));
    show(context, tenant, held).await.map(drop)
}

async fn show(context: &mut Context<'_>, tenant: TenantId, held: Held) -> Result<CredentialView> {
    let view = context.app.show_credential(tenant, held).await?;
    context.output.show(&view, draw_one)?;
    Ok(view)
}

/// What to type next to make the credential usable.
fn next_steps(context: &mut Context<'_>, view: &CredentialView) {
    let (keyway, id) = (context.keyway(), view.credential.id);
    if view.values.missing.is_empty() || view.credential.status == Status::Disabled {
        return;
    }
    let option = |key: &str| {
        let is_secret = view.values.inputs.iter().any(|input| input.key == key && input.secret.is_some());
        if is_secret { format!(" --secret {key}=FILE") } else { format!(" --set {key}=VALUE") }
    };
    let may_set = |key: &str| view.values.inputs.iter().any(|input| input.key == key && input.may_set);
    let (here, above): (Vec<_>, Vec<_>) = view.values.missing.iter().partition(|missing| may_set(&missing.key));
    if !here.is_empty() {
        let options: String = here.iter().map(|missing| option(&missing.key)).collect();
        context.output.hint(format_args!("next: {keyway} credentials edit {id}{options}"));
    }
    if !above.is_empty() {
        let options: String = above.iter().map(|missing| option(&missing.key)).collect();
        let key = &view.credential.connection.stable_key;
        context.output.hint(format_args!("for all customers: {keyway} connections edit {key}{options}"));
    }
}

fn owner(credential: &CredentialSummary) -> String {
    owner_words(credential.customer.as_ref(), credential.owner)
}

/// Whose something is.
pub(super) fn owner_words(customer: Option<&CustomerRef>, owner: OwnerKind) -> String {
    match (customer, owner) {
        (Some(customer), _) => format!("customer {}", customer.external_id),
        (None, OwnerKind::Test) => "test runner".to_owned(),
        (None, OwnerKind::Organization) => "organization".to_owned(),
        (None, OwnerKind::Customer) => "customer".to_owned(),
    }
}

fn draw_list(credentials: &[CredentialSummary], face: Face) -> String {
    let rows = credentials.iter().map(|credential| {
        let name = (credential.owner == OwnerKind::Customer).then_some(credential.name.as_str());
        [
            toned(credential.connection.stable_key.as_str(), Tone::Strong),
            owner(credential).into(),
            or_dash(name),
            status(credential.status),
            live_test::last_check(credential.last_check.as_ref()),
            toned(credential.id.to_string(), Tone::Dim),
        ]
    });
    table(face, ["CONNECTION", "OWNER", "NAME", "STATUS", "LAST TEST", "ID"], rows)
}

fn draw_one(view: &CredentialView, face: Face) -> String {
    let credential = &view.credential;
    let mut rows = vec![
        ("id", toned(credential.id.to_string(), Tone::Strong)),
        ("connection", Cell::from(credential.connection.stable_key.as_str())),
        ("owner", owner(credential).into()),
    ];
    if credential.owner == OwnerKind::Customer {
        rows.push(("name", Cell::from(&credential.name)));
    }
    rows.push(("status", status(credential.status)));
    rows.push(("last test", live_test::last_check(credential.last_check.as_ref())));
    if let Some(authorization) = &view.authorization {
        rows.push(("authorized", moment(authorization.obtained_at).into()));
        let scopes: Vec<&str> = authorization.granted_scopes.iter().flatten().map(String::as_str).collect();
        if !scopes.is_empty() {
            rows.push(("granted", scopes.join(" ").into()));
        }
    }
    let version = format!("{}, changed {}", credential.version, moment(credential.updated_at));
    rows.push(("version", version.into()));
    format!("{}\n{}", fields(face, rows), values(&view.values, face))
}
