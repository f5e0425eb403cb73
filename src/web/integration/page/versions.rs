//! Versions of an integration: publishing the draft, what is different between two, and going back to one.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::web::Path;
use actix_web::web::Query;
use serde::Deserialize;
use serde::Serialize;

use crate::app::App;
use crate::app::integration::show::VersionView;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::integration::page::Head;
use crate::web::integration::page::Place;
use crate::web::integration::page::Problem;
use crate::web::integration::page::changes::ChangeLine;
use crate::web::integration::page::segment;
use crate::web::visit;

#[derive(Serialize)]
pub struct VersionsPage {
    frame: Frame,
    head: Head,
    problem: Option<Problem>,
    versions: Vec<VersionRow>,
    can_compare: bool,
}

#[derive(Serialize)]
struct VersionRow {
    number: i64,
    is_draft: bool,
    is_current: bool,
    created_by: String,
    created_at: String,
    digest: String,
    is_from: bool,
    is_to: bool,
    definition_url: String,
}

/// What is different: between two versions, or before publishing.
#[derive(Serialize)]
pub struct DiffPage {
    frame: Frame,
    head: Head,
    problem: Option<Problem>,
    from: String,
    to: String,
    changes: Vec<ChangeLine>,
    /// The page before publishing.
    is_review: bool,
    /// Variables that keep the draft from being published.
    open_slots: Vec<String>,
    can_confirm: bool,
}

#[derive(Deserialize)]
pub struct DiffQuery {
    #[serde(default)]
    from: i64,
    #[serde(default)]
    to: i64,
}

#[derive(Deserialize)]
pub struct DownloadQuery {
    number: Option<i64>,
}

fn named(number: i64) -> String {
    if number == 0 { "the draft".to_owned() } else { format!("version {number}") }
}

fn expected(fields: &Fields) -> Result<Option<i64>> {
    let version = fields.get("version").parse().ok();
    version.map(Some).ok_or_else(|| Error::malformed("no_version", "the form says no version; open its page again"))
}

/// `GET /t/{tenant}/integrations/{integration}/versions`
pub async fn index(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    html::page(StatusCode::OK, &versions(&app, &visit, path.into_inner().1, None).await?)
}

async fn versions(app: &App, visit: &Visit, key: String, problem: Option<Problem>) -> Result<VersionsPage> {
    let view = app.get_integration(visit.actor.clone(), key.clone()).await?;
    let head = Head::new(visit, &view, Place::Versions);
    let found = app.list_versions(visit.actor.clone(), key).await?;
    // The newest two that differ are what people compare most.
    let from = found.iter().map(|version| version.number).find(|number| *number > 0);
    let row = |version: VersionView| VersionRow {
        is_draft: version.number == 0,
        is_current: version.number > 0 && version.number == head.published_number,
        created_at: version.created_at.to_rfc3339(),
        created_by: version.created_by,
        digest: version.digest.trim_start_matches("sha256:").chars().take(12).collect(),
        is_from: Some(version.number) == from,
        is_to: version.number == found.first().map_or(0, |first| first.number),
        definition_url: format!("{}/definition?number={}", head.base, version.number),
        number: version.number,
    };
    let rows: Vec<VersionRow> = found.iter().cloned().map(row).collect();
    let can_compare = rows.len() > 1;
    Ok(VersionsPage {
        frame: visit.frame(&head.name, Section::Integrations),
        problem,
        versions: rows,
        can_compare,
        head,
    })
}

/// `GET /t/{tenant}/integrations/{integration}/versions/diff`
pub async fn compare(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    asked: Query<DiffQuery>,
) -> Result<HttpResponse> {
    let key = path.into_inner().1;
    let view = app.get_integration(visit.actor.clone(), key.clone()).await?;
    let diff = app.diff_versions(visit.actor.clone(), key, (asked.from, asked.to)).await?;
    let head = Head::new(&visit, &view, Place::Versions);
    let page = DiffPage {
        frame: visit.frame(&head.name, Section::Integrations),
        problem: None,
        from: named(diff.from),
        to: named(diff.to),
        changes: diff.changes.iter().map(ChangeLine::from).collect(),
        is_review: false,
        open_slots: Vec::new(),
        can_confirm: false,
        head,
    };
    html::page(StatusCode::OK, &page)
}

/// `GET /t/{tenant}/integrations/{integration}/publish`
pub async fn review(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    html::page(StatusCode::OK, &reviewed(&app, &visit, path.into_inner().1, None).await?)
}

async fn reviewed(app: &App, visit: &Visit, key: String, problem: Option<Problem>) -> Result<DiffPage> {
    let design = app.get_design(visit.actor.clone(), key.clone()).await?;
    let view = &design.integration;
    let head = Head::new(visit, view, Place::Versions);
    let published = view.summary.published_number;
    let changes = match published {
        0 => Vec::new(),
        number => app.diff_versions(visit.actor.clone(), key, (number, 0)).await?.changes,
    };
    let open = design.connections.iter().filter(|slot| slot.connection.is_none());
    let open_slots: Vec<String> = open.map(|slot| slot.slot.variable.clone()).collect();
    Ok(DiffPage {
        frame: visit.frame("Publish", Section::Integrations),
        problem,
        from: named(published),
        to: named(0),
        changes: changes.iter().map(ChangeLine::from).collect(),
        is_review: true,
        can_confirm: head.can_publish && open_slots.is_empty(),
        open_slots,
        head,
    })
}

/// `POST /t/{tenant}/integrations/{integration}/publish`
pub async fn publish(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let key = path.into_inner().1;
    let seen = expected(&fields)?;
    match app.publish_integration(visit.actor.clone(), key.clone(), seen).await {
        Ok(view) => {
            let place = visit.url(&format!("/integrations/{}/versions", segment(&view.summary.key)));
            Ok(visit::see_other_saying(&app, &place, "published"))
        }
        Err(error) if matches!(error.kind, Kind::Conflict | Kind::PreconditionFailed) => {
            let problem = told(&app, &visit, (&key, seen), &error).await?;
            html::page(html::status_of(&error), &reviewed(&app, &visit, key, Some(problem)).await?)
        }
        Err(error) => Err(error),
    }
}

async fn told(app: &App, visit: &Visit, (key, seen): (&str, Option<i64>), error: &Error) -> Result<Problem> {
    if error.kind != Kind::PreconditionFailed {
        return Ok(Problem::of(error));
    }
    let meanwhile = app.changes_since(visit.actor.clone(), key.to_owned(), seen.unwrap_or_default()).await?;
    Ok(Problem::conflict(meanwhile))
}

/// `POST /t/{tenant}/integrations/{integration}/versions/restore`
pub async fn restore(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let key = path.into_inner().1;
    let seen = expected(&fields)?;
    let number = fields.get("number").parse().unwrap_or(-1);
    match app.restore_version(visit.actor.clone(), (key.clone(), seen), number).await {
        Ok(view) => {
            let place = visit.url(&format!("/integrations/{}/designer", segment(&view.summary.key)));
            Ok(visit::see_other_saying(&app, &place, "restored"))
        }
        Err(error) if error.kind == Kind::PreconditionFailed => {
            let problem = told(&app, &visit, (&key, seen), &error).await?;
            html::page(html::status_of(&error), &versions(&app, &visit, key, Some(problem)).await?)
        }
        Err(error) => Err(error),
    }
}

/// `POST /t/{tenant}/integrations/{integration}/delete`
pub async fn delete(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let key = path.into_inner().1;
    let seen = expected(&fields)?;
    match app.delete_integration(visit.actor.clone(), key.clone(), seen).await {
        Ok(()) => Ok(visit::see_other_saying(&app, &visit.url("/integrations"), "deleted")),
        Err(error) if error.kind == Kind::PreconditionFailed => {
            let problem = told(&app, &visit, (&key, seen), &error).await?;
            html::page(html::status_of(&error), &versions(&app, &visit, key, Some(problem)).await?)
        }
        Err(error) => Err(error),
    }
}

/// `GET /t/{tenant}/integrations/{integration}/definition`
pub async fn download(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    asked: Query<DownloadQuery>,
) -> Result<HttpResponse> {
    let key = path.into_inner().1;
    let view = app.get_integration(visit.actor.clone(), key.clone()).await?;
    let number = asked.number.filter(|number| *number > 0);
    let text = app.export_integration(visit.actor.clone(), key, number).await?;
    // A key is lower-case letters, digits and hyphens: nothing of it needs to be quoted.
    let name = format!("attachment; filename=\"{}.yaml\"", view.summary.key);
    Ok(HttpResponse::Ok()
        .content_type("application/yaml")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(text))
}

impl Page for VersionsPage {
    const TEMPLATE: &'static str = "integration/versions";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |number, by: &str| VersionRow {
            number,
            is_draft: number == 0,
            is_current: number == 1,
            created_by: by.to_owned(),
            created_at: "2026-11-22T07:05:00Z".to_owned(),
            digest: "0123456789ab".to_owned(),
            is_from: number == 1,
            is_to: number == 0,
            definition_url: "/t/dev/integrations/a/definition?number=1".to_owned(),
        };
        let page = |name: &str, versions: Vec<VersionRow>| Self {
            frame: Frame::sample(name, Section::Integrations),
            head: Head::sample(name, Place::Versions),
            problem: None,
            can_compare: versions.len() > 1,
            versions,
        };
        let hostile = page("<script>", vec![row(0, "<script>"), row(1, "\"><script>")]);
        vec![
            ("draft", page("Orders", vec![row(0, "a@example.com")])),
            ("hostile", Self { problem: Some(Problem::sample("<img onerror=alert(1)>")), ..hostile }),
        ]
    }
}

impl Page for DiffPage {
    const TEMPLATE: &'static str = "integration/diff";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_review| Self {
            frame: Frame::sample(text, Section::Integrations),
            head: Head::sample(text, Place::Versions),
            problem: None,
            from: "version 1".to_owned(),
            to: "the draft".to_owned(),
            changes: ChangeLine::samples(text),
            is_review,
            open_slots: Vec::new(),
            can_confirm: is_review,
        };
        let hostile = page("<script>", true);
        vec![
            ("none", Self { changes: Vec::new(), ..page("Orders", false) }),
            ("some", page("Orders", false)),
            ("review", page("Orders", true)),
            (
                "hostile",
                Self {
                    open_slots: vec!["<script>".to_owned()],
                    can_confirm: false,
                    problem: Some(Problem::sample("<img onerror=alert(1)>")),
                    ..hostile
                },
            ),
        ]
    }
}
