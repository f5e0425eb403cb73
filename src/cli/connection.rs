//! `keyway connections`: a tenant's uses of connection types.

use clap::Args;
use clap::Subcommand;

use super::DONE;
use super::args::OwnerArgs;
use super::args::readiness;
use super::args::scopes;
use super::context::Context;
use super::link;
use super::live_test;
use super::value::ClearArgs;
use super::value::DecisionArgs;
use super::value::ValueArgs;
use super::value::decide;
use super::value::edits;
use crate::app::connection::ConnectionUpdate;
use crate::app::connection::NewConnection;
use crate::app::connection::list::ConnectionFilter;
use crate::app::layers::Described;
use crate::app::live_test::run::Wanted;
use crate::app::view::ConnectionRef;
use crate::app::view::ConnectionSummary;
use crate::app::view::ConnectionView;
use crate::app::view::EffectiveView;
use crate::error::Error;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::connection::Readiness;
use crate::model::connection::Scope;
use serde::Serialize;

mod draw;

/// Items read at a time; lists show all.
const PAGE: usize = 500;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a connection of one of a component's connection types.
    Create(Box<CreateArgs>),
    /// List the connections.
    List(ListArgs),
    /// Show a connection and its global values.
    Show { connection: String },
    /// Change a connection or its global values.
    Edit(Box<EditArgs>),
    #[command(flatten)]
    Links(link::Command),
    /// Give a connection another stable key; the old one stays as an alias.
    Rename { connection: String, new_key: String },
    /// Let an alias go, so that another connection can take the key.
    ReleaseAlias { connection: String, alias: String },
    /// Let integrations use the connection again.
    Enable { connection: String },
    /// Keep integrations from using the connection.
    Disable { connection: String },
    /// Remove a connection; refused while it is used.
    Delete {
        connection: String,
        /// Detach its uses, and remove its credentials.
        #[arg(long)]
        force: bool,
    },
    /// Who changed what, newest first.
    History { connection: String },
    /// Which API key was given which credential, newest first; a read shows within a second or two.
    Reads {
        connection: String,
        /// At most so many.
        #[arg(long, default_value_t = 1000)]
        limit: usize,
    },
    /// Where the connection is used.
    Usage { connection: String },
    /// The effective values for an owner, and where each came from; without one, the global values.
    Values {
        connection: String,
        #[command(flatten)]
        owner: OwnerArgs,
        /// Which of the customer's credentials, when it has several.
        #[arg(long, requires = "customer")]
        name: Option<String>,
    },
    /// Try the connection at the third party, with unsaved values over what is stored if you like.
    ///
    /// Without an owner: with the organization's credential where one serves all customers, else with the test runner's,
    /// and the values are the connection's own. Exit code 1 when the test fails.
    Test {
        connection: String,
        #[command(flatten)]
        owner: OwnerArgs,
        /// Which of the customer's credentials, when it has several.
        #[arg(long, requires = "customer")]
        name: Option<String>,
        #[command(flatten)]
        values: ValueArgs,
    },
    /// What was tried with the third party, newest first.
    Attempts { connection: String },
}

#[derive(Args)]
pub(super) struct CreateArgs {
    /// See `keyway components list`.
    component: String,
    /// One of its connection types; see `keyway components show COMPONENT`.
    #[arg(value_name = "TYPE")]
    connection_type: String,
    /// Whose credentials it uses: the customer's own; the customer's, entered by you; or one account of yours for all.
    #[arg(long, value_parser = scopes())]
    scope: Scope,
    /// What people call it; default: the component's label.
    #[arg(long)]
    label: Option<String>,
    /// The stable key; default: `<component>-<connection type>`, the same in every tenant.
    #[arg(long)]
    key: Option<String>,
    /// What it is for.
    #[arg(long)]
    description: Option<String>,
    /// Customers may use it in the workflows they build themselves.
    #[arg(long)]
    embedded: bool,
    #[command(flatten)]
    values: ValueArgs,
    #[command(flatten)]
    decisions: DecisionArgs,
    /// Save the values of the organization's account without trying them at the third party; the history tells.
    #[arg(long)]
    without_test: bool,
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// Only of this component.
    #[arg(long)]
    component: Option<String>,
    /// Only of this scope.
    #[arg(long, value_parser = scopes())]
    scope: Option<Scope>,
    /// Only of this status.
    #[arg(long, value_parser = readiness())]
    status: Option<Readiness>,
    /// Whether customers may use it in the workflows they build themselves.
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    embedded: Option<bool>,
    /// A stable key or alias.
    #[arg(long)]
    key: Option<String>,
    /// Part of the label or key.
    #[arg(long)]
    text: Option<String>,
}

#[derive(Args)]
pub(super) struct EditArgs {
    /// Stable key, alias or id.
    connection: String,
    /// What people call it.
    #[arg(long)]
    label: Option<String>,
    /// An empty one takes it away.
    #[arg(long)]
    description: Option<String>,
    /// Whether customers may use it in the workflows they build themselves.
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    embedded: Option<bool>,
    #[command(flatten)]
    values: ValueArgs,
    #[command(flatten)]
    cleared: ClearArgs,
    #[command(flatten)]
    decisions: DecisionArgs,
    /// Save the values of the organization's account without trying them at the third party; the history tells.
    #[arg(long)]
    without_test: bool,
    /// Refuse when the connection is not at this version any more.
    #[arg(long, value_name = "VERSION")]
    if_version: Option<i64>,
}

/// What a deletion answers to programs.
#[derive(Serialize)]
struct Deleted {
    deleted: ConnectionRef,
    /// The uses that were detached.
    detached: crate::model::connection::Usage,
}

pub(super) async fn execute(command: Command, context: &mut Context<'_>) -> Result<u8> {
    let actor = context.actor().await?;
    match command {
        Command::Create(args) => create(context, actor, *args).await?,
        Command::List(args) => list(context, actor, args).await?,
        Command::Show { connection } => {
            let tenant = actor.tenant.id;
            let described = context.app.get_connection(actor, connection).await?;
            show(context, tenant, described).await?;
        }
        Command::Edit(args) => edit(context, actor, *args).await?,
        Command::Links(command) => link::execute(command, context, actor).await?,
        Command::Rename { connection, new_key } => {
            let tenant = actor.tenant.id;
            let described = context.app.rename_connection(actor, connection, None, new_key).await?;
            let key = described.connection.stable_key.clone();
            context.output.done(format_args!("its stable key is {key}; older ones still find it"));
            show(context, tenant, described).await?;
        }
        Command::ReleaseAlias { connection, alias } => {
            let tenant = actor.tenant.id;
            let described = context.app.release_alias(actor, connection, None, alias.clone()).await?;
            context.output.done(format_args!("another connection can take the key {alias} now"));
            show(context, tenant, described).await?;
        }
        Command::Enable { connection } => switch(context, actor, connection, true).await?,
        Command::Disable { connection } => switch(context, actor, connection, false).await?,
        Command::Delete { connection, force } => delete(context, actor, connection, force).await?,
        Command::History { connection } => history(context, actor, connection).await?,
        Command::Reads { connection, limit } => {
            let found = context.app.list_reads(actor, connection, None, limit).await?;
            let reads: Vec<_> = found.into_iter().map(|(_, read)| read).collect();
            context.output.show_list(&reads, "No API key was given a credential of it yet.", draw::reads)?;
        }
        Command::Usage { connection } => {
            let usage = context.app.connection_usage(actor, connection).await?;
            context.output.show(&usage, draw::usage)?;
        }
        Command::Values { connection, owner, name } => {
            let values = context.app.effective_values(actor, connection, owner.owner(name)).await?;
            context.output.show(&EffectiveView::from(values), draw::effective)?;
        }
        Command::Test { connection, owner, name, values } => {
            let described = context.app.get_connection(actor.clone(), connection.clone()).await?;
            let inputs = edits(described.kind().ok(), &values, &ClearArgs::default())?;
            let wanted = Wanted { owner: owner.owner(name), inputs };
            let verdict = context.app.test_connection(actor, connection, wanted).await?;
            return live_test::verdict(context, &verdict);
        }
        Command::Attempts { connection } => {
            let found = context.app.connection_attempts(actor, connection, None, live_test::SHOWN).await?;
            live_test::attempts(context, &found)?;
        }
    }
    Ok(DONE)
}

async fn create(context: &mut Context<'_>, actor: Actor, args: CreateArgs) -> Result<()> {
    let tenant = actor.tenant.id;
    // Only to read the arguments by: the use case refuses what is unknown.
    let known = context.app.get_component(actor.clone(), args.component.clone()).await.ok();
    let kind = known.as_ref().and_then(|found| found.component.connection_type(&args.connection_type));
    let inputs = decide(edits(kind, &args.values, &ClearArgs::default())?, &args.decisions)?;
    let new = NewConnection {
        component: args.component,
        connection_type: args.connection_type,
        scope: args.scope,
        label: args.label,
        description: args.description,
        stable_key: args.key,
        is_embedded: args.embedded,
        inputs,
        without_test: args.without_test,
    };
    let described = context.app.create_connection(actor, new).await?;
    let key = described.connection.stable_key.clone();
    context.output.done(format_args!("made the connection {key}"));
    let view = show(context, tenant, described).await?;
    draw::next_steps(context, &view);
    Ok(())
}

async fn list(context: &mut Context<'_>, actor: Actor, args: ListArgs) -> Result<()> {
    let filter = ConnectionFilter {
        component: args.component,
        scope: args.scope,
        status: args.status,
        is_embedded: args.embedded,
        stable_key: args.key,
        text: args.text,
    };
    let is_filtered = filter.component.is_some()
        || filter.scope.is_some()
        || filter.status.is_some()
        || filter.is_embedded.is_some()
        || filter.stable_key.is_some()
        || filter.text.is_some();
    let mut connections: Vec<ConnectionSummary> = Vec::new();
    loop {
        let after = connections.last().map(|connection| connection.id);
        let page = context.app.list_connections(actor.clone(), filter.clone(), after, PAGE).await?;
        let is_last = page.len() < PAGE;
        connections.extend(page.iter().map(ConnectionSummary::from));
        if is_last {
            break;
        }
    }
    let when_empty = if is_filtered {
        "No connection fits. See all: keyway connections list".to_owned()
    } else {
        let keyway = context.keyway();
        format!(
            "No connections in {} yet. Import an integration ({keyway} integrations import FILE), \
             or make one ({keyway} connections create COMPONENT TYPE --scope SCOPE).",
            actor.tenant.key
        )
    };
    context.output.show_list(&connections, &when_empty, draw::list)?;
    let pending = connections.iter().filter(|connection| connection.status == Readiness::Pending).count();
    if pending > 0 {
        let keyway = context.keyway();
        context.output.hint(format_args!("{pending} pending; what is missing: {keyway} connections show KEY"));
    }
    Ok(())
}

async fn edit(context: &mut Context<'_>, actor: Actor, args: EditArgs) -> Result<()> {
    let tenant = actor.tenant.id;
    let current = context.app.get_connection(actor.clone(), args.connection.clone()).await?;
    let inputs = decide(edits(current.kind().ok(), &args.values, &args.cleared)?, &args.decisions)?;
    let update = ConnectionUpdate {
        label: args.label,
        description: args.description.map(|text| Some(text).filter(|text| !text.is_empty())),
        is_enabled: None,
        is_embedded: args.embedded,
        inputs,
        without_test: args.without_test,
    };
    if update.label.is_none()
        && update.description.is_none()
        && update.is_embedded.is_none()
        && update.inputs.is_empty()
    {
        let message = "say what to change: --label, --description, --embedded, --set, --secret, --clear, --managed-by, \
                       --share or --keep-local";
        return Err(Error::invalid("nothing_to_change", message));
    }
    let before = current.connection.version;
    let described = context.app.update_connection(actor, args.connection, args.if_version, update).await?;
    let key = described.connection.stable_key.clone();
    if described.connection.version == before {
        context.output.done(format_args!("{key} is so already"));
    } else {
        context.output.done(format_args!("changed {key}"));
    }
    let view = show(context, tenant, described).await?;
    draw::next_steps(context, &view);
    Ok(())
}

async fn switch(context: &mut Context<'_>, actor: Actor, connection: String, is_enabled: bool) -> Result<()> {
    let tenant = actor.tenant.id;
    let update = ConnectionUpdate { is_enabled: Some(is_enabled), ..ConnectionUpdate::default() };
    let described = context.app.update_connection(actor, connection, None, update).await?;
    let key = described.connection.stable_key.clone();
    let word = if is_enabled { "enabled" } else { "disabled: nothing can use it until it is enabled again" };
    context.output.done(format_args!("{key} is {word}"));
    show(context, tenant, described).await.map(drop)
}

async fn delete(context: &mut Context<'_>, actor: Actor, connection: String, force: bool) -> Result<()> {
    let described = context.app.get_connection(actor.clone(), connection).await?;
    let deleted = ConnectionRef::from(&described.connection);
    let usage = context.app.delete_connection(actor, deleted.id.to_string(), None, force).await;
    let detached = usage.map_err(|error| match error.code {
        "connection_in_use" => Error { public: format!("{} (--force)", error.public), ..error },
        _ => error,
    })?;
    context.output.done(format_args!("deleted the connection {}", deleted.stable_key));
    let answer = Deleted { deleted, detached };
    context.output.show(&answer, |answer, face| {
        if answer.detached.is_used() { draw::usage(&answer.detached, face) } else { String::new() }
    })
}

async fn history(context: &mut Context<'_>, actor: Actor, connection: String) -> Result<()> {
    let mut entries: Vec<crate::model::connection::HistoryEntry> = Vec::new();
    let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
    loop {
        let before = entries.last().map(|entry| entry.id);
        let page = context.app.connection_history(actor.clone(), connection.clone(), before, limit).await?;
        let is_last = page.len() < PAGE;
        entries.extend(page);
        if is_last {
            break;
        }
    }
    context.output.show_list(&entries, "Nothing happened yet.", draw::history)
}

async fn show(context: &mut Context<'_>, tenant: TenantId, described: Described) -> Result<ConnectionView> {
    let view = context.app.show_connection(tenant, described).await?;
    context.output.show(&view, draw::one)?;
    Ok(view)
}
