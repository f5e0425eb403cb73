//! `keyway serve`: answers over HTTP until it is told to stop.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;
use serde_json::json;

use super::DONE;
use super::context::Context;
use super::context::outbound;
use super::output::Tone;
use crate::app::App;
use crate::app::proxy::Rules;
use crate::cli::serve::demo::Demo;
use crate::config::Settings;
use crate::error::Result;
use crate::jobs;
use crate::logging;
use crate::model::user::SessionPolicy;
use crate::outbound::guard::Places;
use crate::web;
use stops::Stops;

mod stops;

mod demo;

#[derive(Args)]
pub(super) struct ServeArgs {
    /// Address and port; default: `web.listen`. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The e-mail address of the first owner, who is made when there is nobody yet.
    #[arg(long, value_name = "EMAIL", default_value = "owner@example.com")]
    owner: String,
    /// Fill an empty deployment with two tenants for a first look, and run a stand-in for a third party on this machine.
    #[arg(long)]
    demo: bool,
}

pub(super) async fn execute(args: ServeArgs, context: &mut Context<'_>) -> Result<u8> {
    logging::start(&context.settings.log)?;
    let app = app(context, args.demo);
    let bound = web::serve(app.clone(), options(context.settings, args.listen))?;
    let stops = (Stops::listen()?, Stops::listen()?);
    let demo = if args.demo { Some(Demo::start(&app, context).await?) } else { None };
    let first = app.ensure_first_owner(&args.owner).await?;
    let url = context
        .settings
        .web
        .base_url
        .as_ref()
        .map_or_else(|| format!("http://{}", bound.address), |url| url.as_str().trim_end_matches('/').to_owned());
    if let Some(owner) = first {
        let face = context.output.note_face();
        context.output.note(format_args!(
            "made the first owner; the password is shown this once\n  e-mail    {}\n  password  {}\n  sign in   {url}/sign-in\n",
            face.paint(Tone::Strong, &owner.email),
            face.paint(Tone::Strong, owner.password.as_str()),
        ));
    }
    if context.output.is_json() {
        let mut document = json!({ "address": bound.address.to_string(), "url": url });
        if let Some(demo) = &demo {
            document["demo"] = json!({ "shop": demo.shop, "connect_link": demo.link });
        }
        context.output.json(&document)?;
    } else {
        if let Some(demo) = &demo {
            demo.tell(context);
        }
        context.output.note(format_args!("serving on {url} (API: {url}/docs); stop with Ctrl-C\n"));
    }
    let ended = answer_until_stopped(bound, &app, stops).await;
    if let Some(demo) = demo {
        demo.stop().await;
    }
    ended.map(|()| DONE)
}

/// The first signal stops everything in order, the second at once.
async fn answer_until_stopped(bound: web::Bound, app: &App, (mut once, mut twice): (Stops, Stops)) -> Result<()> {
    let jobs = jobs::start(app);
    let stop = async move {
        once.next().await;
        drop(jobs);
    };
    let insist = async {
        twice.next().await;
        twice.next().await;
    };
    tokio::select! {
        ended = bound.run_until(stop) => ended,
        () = insist => {
            tracing::warn!("stopped at once, as it was asked for a second time");
            Ok(())
        }
    }
}

/// The demonstration's third parties live on this machine.
fn app(context: &Context<'_>, is_demo: bool) -> App {
    if !is_demo {
        return context.app.clone();
    }
    context.app.clone().with_outbound(outbound::to_third_parties(&context.settings.outbound, Places::loopback()))
}

fn options(settings: &Settings, listen: Option<SocketAddr>) -> web::Options {
    let web = &settings.web;
    web::Options {
        listen: listen.unwrap_or(web.listen),
        workers: web.workers,
        body_limit_bytes: web.body_limit_bytes,
        import_limit_bytes: web.import_limit_bytes,
        snapshot_limit_bytes: settings.sync.snapshot_limit_bytes,
        session: SessionPolicy {
            idle: TimeDelta::minutes(settings.session.idle_minutes.into()),
            absolute: TimeDelta::hours(settings.session.absolute_hours.into()),
        },
        sign_in_attempts_per_minute: web.sign_in_attempts_per_minute,
        requests_per_minute: web.requests_per_minute,
        page_requests_per_minute: web.page_requests_per_minute,
        proxy: Rules {
            concurrent_requests: settings.proxy.concurrent_requests as usize,
            body_limit_bytes: settings.proxy.body_limit_bytes as u64,
            reply_limit_bytes: settings.proxy.reply_limit_bytes as u64,
            idle: Duration::from_secs(settings.proxy.idle_seconds.into()),
        },
        body_timeout: Duration::from_secs(30),
        stop_timeout: Duration::from_secs(30),
    }
}
