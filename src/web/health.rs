//! Whether the process runs and whether it can work: for load balancers and supervisors.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::web::respond;

/// A database that takes longer is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// The server is well.
#[derive(Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Tells that the process runs.
#[utoipa::path(get, path = "/healthz", tag = "Health", responses((status = 200, body = Health)))]
pub async fn healthz() -> HttpResponse {
    respond::ok(&Health { status: "ok" })
}

/// Tells that the process can work: the database answers.
#[utoipa::path(get, path = "/readyz", tag = "Health", responses((status = 200, body = Health)))]
pub async fn readyz(app: Data<App>) -> Result<HttpResponse> {
    match tokio::time::timeout(PATIENCE, app.check_ready()).await {
        Ok(ready) => ready?,
        Err(late) => {
            let public = "the database does not answer in time";
            return Err(Error::new(Kind::Unavailable, "database_unavailable", public).because(late));
        }
    }
    Ok(respond::ok(&Health { status: "ok" }))
}
