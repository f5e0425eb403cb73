//! `keyway redirect-urls`: where browsers may be sent when an authorization ends.

use clap::Subcommand;
use serde_json::json;

use super::DONE;
use super::context::Context;
use super::output::Face;
use super::output::Tone;
use super::table::moment;
use super::table::table;
use super::table::toned;
use crate::error::Result;
use crate::model::redirect_url::RedirectUrl;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the registered URLs.
    List,
    /// Register a URL: https, or http of this machine. Links name it exactly so.
    Add { url: String },
    /// Take a URL out. Links that name it do not work any more.
    Remove { url: String },
}

pub(super) async fn execute(command: Command, context: &mut Context<'_>) -> Result<u8> {
    let actor = context.actor().await?;
    match command {
        Command::List => {
            let urls = context.app.list_redirect_urls(actor).await?;
            let when_empty = format!("No redirect URLs. Register one: {} redirect-urls add URL", context.keyway());
            context.output.show_list(&urls, &when_empty, draw)?;
        }
        Command::Add { url } => {
            let added = context.app.add_redirect_url(actor, url).await?;
            context.output.done(format_args!("registered {}", added.url));
            context.output.show(&added, |_, _| String::new())?;
        }
        Command::Remove { url } => {
            context.app.remove_redirect_url(actor, url.clone()).await?;
            context.output.done(format_args!("removed {url}"));
            context.output.show(&json!({ "removed": { "url": url } }), |_, _| String::new())?;
        }
    }
    Ok(DONE)
}

fn draw(urls: &[RedirectUrl], face: Face) -> String {
    let rows = urls
        .iter()
        .map(|url| [toned(&url.url, Tone::Strong), moment(url.created_at).into(), url.created_by.as_str().into()]);
    table(face, ["URL", "REGISTERED (UTC)", "BY"], rows)
}
