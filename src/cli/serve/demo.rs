//! The demonstration: a stand-in for a third party, data that uses it, and a link to begin with.

use std::net::SocketAddr;
use std::path::PathBuf;

use url::Url;

use crate::app::App;
use crate::cli::context::Context;
use crate::cli::context::demo;
use crate::cli::output::Tone;
use crate::error::Error;
use crate::error::Result;
use crate::web::stand_in;
use crate::web::stand_in::Running;

/// What runs until the server stops.
pub(super) struct Demo {
    running: Running,
    directory: PathBuf,
    /// Absent: the data is not the demonstration's.
    pub(super) link: Option<String>,
    pub(super) shop: String,
}

impl Demo {
    /// Starts the stand-in where earlier data expects it, and fills an empty deployment.
    pub(super) async fn start(app: &App, context: &mut Context<'_>) -> Result<Self> {
        app.know_demo_shop()?;
        let known = app.demo_shop_url().await?;
        let port = known.as_ref().and_then(|url| Url::parse(url).ok()?.port());
        let ports: Vec<u16> = port.into_iter().chain([stand_in::PORT]).collect();
        let bound = stand_in::serve(app.clock().clone(), &ports, &app.public_url())?;
        let (address, shop, given) = (bound.address, bound.url(), bound.shop()?);
        let running = bound.start();
        let directory = context.settings.data.directory.clone();
        demo::mark(&directory, address).map_err(|error| no_mark(address, error))?;
        match known {
            Some(url) if url == shop => {}
            Some(_) => {
                app.move_demo_shop(given).await?;
                context.output.warn(format_args!(
                    "the demo's shop is at {shop} now: customers who authorized before do it again"
                ));
            }
            None if app.fill_demo(given).await? => context
                .output
                .note("made the tenants dev and prod with demo data; look: keyway sync plan --from dev --to prod\n"),
            None => {}
        }
        Ok(Self { running, directory, link: app.demo_link().await?, shop })
    }

    /// Where to begin.
    pub(super) fn tell(&self, context: &mut Context<'_>) {
        let face = context.output.note_face();
        if let Some(link) = &self.link {
            context.output.note(format_args!(
                "the demo's shop, a stand-in for a third party, answers on {}\nTry it: open {} as a customer\n",
                self.shop,
                face.paint(Tone::Strong, link),
            ));
        }
    }

    pub(super) async fn stop(self) {
        demo::unmark(&self.directory);
        self.running.stop().await;
    }
}

fn no_mark(address: SocketAddr, error: std::io::Error) -> Error {
    let message = format!("cannot note in the data folder that the demo answers on {address}: {error}");
    Error::invalid("data_directory", message).because(error)
}
