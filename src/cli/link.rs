//! Connect links, redirect URIs and re-consent: the part of `keyway connections` and `keyway credentials` that leads
//! people to providers.

use clap::Args;
use clap::Subcommand;

use super::args::OwnerArgs;
use super::context::Context;
use super::credential::owner_words;
use super::output::Face;
use super::output::Tone;
use super::table::Cell;
use super::table::fields;
use super::table::moment;
use super::table::table;
use super::table::toned;
use crate::app::callback::CallbackView;
use crate::app::disconnect::AtProvider;
use crate::app::disconnect::Disconnected;
use crate::app::link::Completes;
use crate::app::link::LinkView;
use crate::app::link::MadeLink;
use crate::app::link::NewLink;
use crate::app::reconsent::Reconsent;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CredentialId;
use crate::ids::LinkId;
use crate::model::actor::Actor;
use crate::model::link::Ends;
use crate::model::link::LinkStatus;
use serde_json::json;

/// Items read at a time; lists show all.
const PAGE: i64 = 500;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a link by which somebody completes one credential, without an account.
    Link(LinkArgs),
    /// List a connection's links, the newest first.
    Links { connection: String },
    /// Make a link useless.
    RevokeLink { id: LinkId },
    /// The redirect URI to register with the provider's application.
    Callback {
        connection: String,
        /// Take the redirect URI of this connection: the same client at the same provider.
        #[arg(long, value_name = "KEY", conflicts_with = "own")]
        share_with: Option<String>,
        /// Stop sharing.
        #[arg(long)]
        own: bool,
    },
    /// The credentials whose authorization grants less than is asked for by now.
    Reconsent { connection: String },
}

#[derive(Args)]
pub(super) struct LinkArgs {
    /// Stable key, alias or id.
    connection: String,
    #[command(flatten)]
    owner: OwnerArgs,
    /// Which of the customer's credentials; default: `default`.
    #[arg(long, requires = "customer")]
    name: Option<String>,
    #[command(flatten)]
    rest: RestArgs,
}

/// What holds for every link.
#[derive(Args)]
pub(super) struct RestArgs {
    /// Where the browser goes when it worked: a registered URL.
    #[arg(long, value_name = "URL")]
    success_url: Option<String>,
    /// Where the browser goes when it did not: a registered URL.
    #[arg(long, value_name = "URL")]
    failure_url: Option<String>,
    /// How long the link works; default: a week.
    #[arg(long, value_name = "SECONDS")]
    expires_in: Option<i64>,
}

impl RestArgs {
    fn of(self, completes: Completes) -> NewLink {
        let ends = Ends { success_url: self.success_url, failure_url: self.failure_url };
        NewLink { completes, ends, expires_in_s: self.expires_in }
    }
}

pub(super) async fn execute(command: Command, context: &mut Context<'_>, actor: Actor) -> Result<()> {
    match command {
        Command::Link(args) => {
            let Some(owner) = args.owner.owner(args.name) else {
                let message = "say whose it is: --customer ID, --organization or --test";
                return Err(Error::invalid("owner_required", message));
            };
            make(context, actor, args.rest.of(Completes::Owner { connection: args.connection, owner })).await
        }
        Command::Links { connection } => list(context, actor, connection).await,
        Command::RevokeLink { id } => {
            let link = context.app.revoke_link(actor, id).await?;
            context.output.done(format_args!("the link is {}", link.status.as_str()));
            context.output.show(&link, draw_one)
        }
        Command::Callback { connection, share_with, own } => {
            let callback = if own || share_with.is_some() {
                context.app.share_callback(actor, connection, share_with).await?
            } else {
                context.app.callback(actor, connection).await?
            };
            context.output.show(&callback, draw_callback)
        }
        Command::Reconsent { connection } => {
            let found = context.app.list_reconsents(actor, connection).await?;
            context.output.show_list(&found, "Every authorization grants what is asked for.", draw_reconsents)?;
            if !found.is_empty() {
                let keyway = context.keyway();
                context.output.hint(format_args!("a link for one of them: {keyway} credentials reconnect ID"));
            }
            Ok(())
        }
    }
}

/// `keyway credentials reconnect`
pub(super) async fn reconnect(context: &mut Context<'_>, actor: Actor, id: CredentialId, rest: RestArgs) -> Result<()> {
    make(context, actor, rest.of(Completes::Credential(id))).await
}

/// `keyway credentials disconnect`
pub(super) async fn disconnect(context: &mut Context<'_>, actor: Actor, id: CredentialId) -> Result<()> {
    let Disconnected { at_provider, message, .. } = context.app.disconnect_credential(actor, id).await?;
    match at_provider {
        AtProvider::Revoked | AtProvider::NoTokens => {
            context.output.done(format_args!("disconnected {id}: {message}"));
        }
        AtProvider::NotSupported | AtProvider::Failed => {
            context.output.warn(format_args!("disconnected {id} here, but {message}"));
        }
    }
    let document = json!({ "disconnected": { "id": id }, "at_provider": at_provider, "message": message });
    context.output.show(&document, |_, _| String::new())
}

async fn make(context: &mut Context<'_>, actor: Actor, new: NewLink) -> Result<()> {
    let made = context.app.create_link(actor, new).await?;
    context.output.done("made a link; it works once, and its address is shown this once");
    context.output.show(&made, draw_made)
}

async fn list(context: &mut Context<'_>, actor: Actor, connection: String) -> Result<()> {
    let mut links: Vec<LinkView> = Vec::new();
    loop {
        let before = links.last().map(|link| link.id);
        let page = context.app.list_links(actor.clone(), connection.clone(), before, PAGE).await?;
        let is_last = i64::try_from(page.len()).unwrap_or(i64::MAX) < PAGE;
        links.extend(page);
        if is_last {
            break;
        }
    }
    let when_empty = format!("No links. Make one: {} connections link {connection} --customer ID", context.keyway());
    context.output.show_list(&links, &when_empty, draw_list)
}

fn status(link: &LinkView) -> Cell {
    let tone = match link.status {
        LinkStatus::Open => Tone::Good,
        LinkStatus::Completed => Tone::Dim,
        LinkStatus::Revoked | LinkStatus::Expired => Tone::Warning,
    };
    toned(link.status.as_str(), tone)
}

fn draw_list(links: &[LinkView], face: Face) -> String {
    let rows = links.iter().map(|link| {
        [
            Cell::from(owner_words(link.customer.as_ref(), link.owner)),
            link.credential.as_str().into(),
            status(link),
            moment(link.expires_at).into(),
            toned(link.id.to_string(), Tone::Dim),
        ]
    });
    table(face, ["OWNER", "CREDENTIAL", "STATUS", "EXPIRES (UTC)", "ID"], rows)
}

fn draw_one(link: &LinkView, face: Face) -> String {
    let rows = [
        ("id", toned(link.id.to_string(), Tone::Strong)),
        ("connection", Cell::from(link.connection.stable_key.as_str())),
        ("owner", owner_words(link.customer.as_ref(), link.owner).into()),
        ("status", status(link)),
        ("expires", moment(link.expires_at).into()),
    ];
    fields(face, rows)
}

fn draw_made(made: &MadeLink, face: Face) -> String {
    format!("{}\n{}\n", draw_one(&made.link, face), face.paint(Tone::Strong, &made.url))
}

fn draw_callback(callback: &CallbackView, face: Face) -> String {
    let shared: Vec<&str> = callback.shared_with.iter().map(|key| key.as_str()).collect();
    let mut rows = vec![("redirect URI", toned(&callback.redirect_uri, Tone::Strong))];
    if !shared.is_empty() {
        rows.push(("shared with", shared.join(", ").into()));
    }
    fields(face, rows)
}

fn draw_reconsents(found: &[Reconsent], face: Face) -> String {
    let words = |scopes: &std::collections::BTreeSet<String>| scopes.iter().cloned().collect::<Vec<_>>().join(" ");
    let rows = found.iter().map(|one| {
        [
            Cell::from(owner_words(one.customer.as_ref(), one.owner)),
            one.name.as_str().into(),
            toned(words(&one.missing_scopes), Tone::Warning),
            toned(one.credential.to_string(), Tone::Dim),
        ]
    });
    table(face, ["OWNER", "CREDENTIAL", "MISSING SCOPES", "ID"], rows)
}
