//! Definitions in, as a file or pasted: what is wrong is drawn beside the lines it stands on, and the text stays.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::Serialize;

use crate::app::App;
use crate::app::integration::import::ImportAction;
use crate::app::integration::import::ImportReport;
use crate::app::integration::import::ImportedSlot;
use crate::app::integration::import::SlotAction;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::model::problem::Problem;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::integration::page::segment;
use crate::web::visit;

#[derive(Serialize)]
pub struct ImportPage {
    frame: Frame,
    text: String,
    key: String,
    is_refused: bool,
    errors: usize,
    warnings: usize,
    findings: Vec<Finding>,
    done: Option<Done>,
}

/// One finding with the line it is about.
#[derive(Serialize)]
struct Finding {
    is_error: bool,
    message: String,
    help: Option<String>,
    /// 0: the file as a whole.
    line: usize,
    column: usize,
    /// The line before, the line, and the line after.
    source: Vec<SourceLine>,
}

#[derive(Serialize)]
struct SourceLine {
    number: usize,
    text: String,
    /// Blanks and a caret under the place, when it is this line.
    caret: Option<String>,
}

/// What an import did, or would do.
#[derive(Serialize)]
struct Done {
    name: String,
    is_check: bool,
    action: &'static str,
    flows: usize,
    steps: usize,
    slots: Vec<SlotLine>,
    created: Vec<Created>,
    url: String,
}

#[derive(Serialize)]
struct SlotLine {
    variable: String,
    stable_key: Option<String>,
    action: &'static str,
    tone: &'static str,
}

#[derive(Serialize)]
struct Created {
    stable_key: String,
    url: String,
}

/// Of a line that is drawn.
const SHOWN: usize = 160;
/// Of findings that are drawn.
const MOST: usize = 100;

impl ImportPage {
    fn new(visit: &Visit, text: &str, key: &str) -> Self {
        Self {
            frame: visit.frame("Import an integration", Section::Integrations),
            text: text.to_owned(),
            key: key.to_owned(),
            is_refused: false,
            errors: 0,
            warnings: 0,
            findings: Vec::new(),
            done: None,
        }
    }

    fn with_report(self, visit: &Visit, report: &ImportReport, is_check: bool) -> Self {
        let lines: Vec<&str> = self.text.lines().collect();
        let errors = report.problems.iter().filter(|problem| problem.is_error()).count();
        let findings = report.problems.iter().take(MOST).map(|problem| Finding::new(problem, &lines)).collect();
        let done = report.integration.as_ref().map(|integration| Done {
            name: integration.name.clone(),
            is_check,
            action: match (integration.action, is_check) {
                (ImportAction::Created, false) => "was made",
                (ImportAction::Created, true) => "would be made",
                (ImportAction::Updated, false) => "has a new draft",
                (ImportAction::Updated, true) => "would get a new draft",
                (ImportAction::Unchanged, _) => "says the same already",
            },
            flows: integration.flows,
            steps: integration.steps,
            slots: report.slots.iter().map(SlotLine::from).collect(),
            created: report
                .created_connections
                .iter()
                .map(|key| Created {
                    stable_key: key.clone(),
                    url: visit.url(&format!("/connections/{}", segment(key))),
                })
                .collect(),
            url: visit.url(&format!("/integrations/{}/designer", segment(&integration.key))),
        });
        Self { is_refused: !report.ok, errors, warnings: report.problems.len() - errors, findings, done, ..self }
    }
}

impl Finding {
    fn new(problem: &Problem, lines: &[&str]) -> Self {
        let first = problem.line.saturating_sub(1).max(1);
        let numbers = if problem.line == 0 { 0..0 } else { first..(problem.line + 2).min(lines.len() + 1) };
        let source = numbers.map(|number| SourceLine::new(number, lines[number - 1], problem));
        Self {
            is_error: problem.is_error(),
            message: problem.message.clone(),
            help: problem.help.clone(),
            line: problem.line,
            column: problem.column,
            source: source.collect(),
        }
    }
}

impl SourceLine {
    fn new(number: usize, line: &str, problem: &Problem) -> Self {
        let count = line.chars().count();
        let shown: String = line.chars().take(SHOWN).map(|c| if c == '\t' { ' ' } else { c }).collect();
        let text = if count > SHOWN { format!("{shown}…") } else { shown };
        let at = problem.column.saturating_sub(1);
        let is_it = number == problem.line && at <= SHOWN;
        let length = problem.place.length_bytes.clamp(1, count.saturating_sub(at).max(1)).min(SHOWN);
        Self { number, text, caret: is_it.then(|| format!("{}{}", " ".repeat(at), "^".repeat(length))) }
    }
}

impl From<&ImportedSlot> for SlotLine {
    fn from(slot: &ImportedSlot) -> Self {
        let (action, tone) = match slot.action {
            SlotAction::Created => ("Connection made", "accent"),
            SlotAction::Matched => ("Connection found", "good"),
            SlotAction::Kept => ("Stays as it was", "good"),
            SlotAction::Unbound => ("No connection yet", "warn"),
        };
        Self { variable: slot.slot.variable.clone(), stable_key: slot.slot.stable_key.clone(), action, tone }
    }
}

/// `GET /t/{tenant}/integrations/import`
pub async fn new(visit: Visit) -> Result<HttpResponse> {
    visit.actor.require(Permission::IntegrationsWrite)?;
    html::page(StatusCode::OK, &ImportPage::new(&visit, "", ""))
}

/// `POST /t/{tenant}/integrations/import`
pub async fn create(app: Data<App>, visit: Visit, fields: Fields) -> Result<HttpResponse> {
    visit.actor.require(Permission::IntegrationsWrite)?;
    // A file that was chosen counts before what was pasted.
    let (file, key) = (fields.lines("file"), fields.text("key"));
    let text = if file.is_empty() { fields.lines("text") } else { file };
    let is_check = fields.has("check");
    let report = if is_check {
        app.check_integration(visit.actor.clone(), text.clone(), key).await?
    } else {
        app.import_integration(visit.actor.clone(), text.clone(), key).await?
    };
    let page = ImportPage::new(&visit, &text, fields.get("key")).with_report(&visit, &report, is_check);
    let place = page.done.as_ref().filter(|done| !is_check && done.created.is_empty() && page.findings.is_empty());
    match place {
        Some(done) => Ok(visit::see_other_saying(&app, &done.url, "imported")),
        None if report.ok => html::page(StatusCode::OK, &page),
        None => html::page(StatusCode::UNPROCESSABLE_ENTITY, &page),
    }
}

impl Page for ImportPage {
    const TEMPLATE: &'static str = "integration/import";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str| Self {
            frame: Frame::sample("Import an integration", Section::Integrations),
            text: text.to_owned(),
            key: String::new(),
            is_refused: false,
            errors: 0,
            warnings: 0,
            findings: Vec::new(),
            done: None,
        };
        let finding = |text: &str, is_error| Finding {
            is_error,
            message: text.to_owned(),
            help: Some(text.to_owned()),
            line: 2,
            column: 7,
            source: vec![
                SourceLine { number: 1, text: "definitionVersion: 7".to_owned(), caret: None },
                SourceLine { number: 2, text: text.to_owned(), caret: Some("      ^^".to_owned()) },
            ],
        };
        let refused = |text: &str| Self {
            is_refused: true,
            errors: 1,
            warnings: 1,
            findings: vec![finding(text, true), finding(text, false)],
            ..page(text)
        };
        let done = |text: &str| Done {
            name: text.to_owned(),
            is_check: false,
            action: "was made",
            flows: 1,
            steps: 4,
            slots: vec![SlotLine {
                variable: text.to_owned(),
                stable_key: None,
                action: "No connection yet",
                tone: "warn",
            }],
            created: vec![Created {
                stable_key: "slack-oauth2".to_owned(),
                url: "/t/dev/connections/slack-oauth2".to_owned(),
            }],
            url: "/t/dev/integrations/a/designer".to_owned(),
        };
        vec![
            ("empty", page("")),
            ("refused", refused("name: Orders")),
            ("done", Self { done: Some(done("Orders")), ..page("name: Orders") }),
            ("hostile", Self { done: Some(done("<script>")), ..refused("<script><img onerror=alert(1)>") }),
        ]
    }
}
