//! What a sync would change, before it is applied; and applying exactly that.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::Serialize;

use crate::app::App;
use crate::app::sync::Source;
use crate::error::Error;
use crate::error::Result;
use crate::model::caller::Caller;
use crate::model::sync::Plan;
use crate::model::sync::RunResult;
use crate::model::sync::plan::Blocker;
use crate::model::sync::plan::BlockerCode;
use crate::model::sync::plan::Outcome;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::sync::ask::Ask;
use crate::web::sync::ask::MAP;
use crate::web::sync::ask::Part;
use crate::web::sync::ask::PolicyOnPage;
use crate::web::sync::lines::used_by;
use crate::web::sync::missing;
use crate::web::sync::missing::MissingOnPage;
use crate::web::sync::plan_view::PlanView;
use crate::web::sync::todo::TodoOnPage;
use crate::web::sync::todo::todo;
use crate::web::visit;

/// Blockers that are shown; the others are counted.
const MOST: usize = 50;

#[derive(Serialize)]
pub struct PlanPage {
    frame: Frame,
    from: String,
    target: String,
    target_name: String,
    is_production: bool,
    source_revision: Option<i64>,
    target_revision: Option<i64>,
    is_nothing: bool,
    is_blocked: bool,
    can_apply: bool,
    may_not: Option<String>,
    policy: PolicyOnPage,
    /// What every form of the page sends along.
    kept: Vec<(String, String)>,
    /// The same without what the choices of missing keys say.
    kept_for_missing: Vec<(String, String)>,
    missing: Vec<MissingOnPage>,
    groups: Vec<BlockerGroup>,
    more_blockers: usize,
    plan: PlanView,
    todo: Vec<TodoOnPage>,
    hash: String,
    command: String,
    notice: Option<String>,
    confirm_error: Option<String>,
}

/// Blockers that one advice helps against.
#[derive(Serialize)]
struct BlockerGroup {
    advice: String,
    blockers: Vec<(String, String)>,
}

/// What is told above a plan.
#[derive(Default)]
struct Told {
    notice: Option<String>,
    confirm_error: Option<String>,
}

/// `GET /t/{tenant}/sync/plan`
pub async fn show(app: Data<App>, (visit, caller): (Visit, Caller), req: HttpRequest) -> Result<HttpResponse> {
    let fields = Fields::of_query(req.query_string());
    let (ask, part) = (Ask::read(&fields), Part::read(&fields));
    let plan = app.plan_sync(visit.actor.clone(), source(&caller, &ask)?, ask.policy.clone()).await?;
    let page = page(&app, (&visit, &caller), (&ask, &part), (&plan, Told::default())).await?;
    html::page(StatusCode::OK, &page)
}

/// `POST /t/{tenant}/sync/apply`: the plan that was shown, or nothing.
pub async fn apply(app: Data<App>, (visit, caller): (Visit, Caller), fields: Fields) -> Result<HttpResponse> {
    let ask = Ask::read(&fields);
    let from = source(&caller, &ask)?;
    let tenant = &visit.actor.tenant;
    visit.actor.require_sync_apply()?;
    if tenant.is_production && fields.get("confirm").trim() != tenant.name {
        let plan = app.plan_sync(visit.actor.clone(), from, ask.policy.clone()).await?;
        let wrong = format!("Type {} exactly as it is written here.", tenant.name);
        // The field is far down on a long plan: the top says so too.
        let notice = Some(format!("Nothing was written: the name of the tenant was not typed as it is. {wrong}"));
        let told = Told { confirm_error: Some(wrong), notice };
        let page = page(&app, (&visit, &caller), (&ask, &Part::default()), (&plan, told)).await?;
        return html::page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let hash = Some(fields.get("hash").to_owned());
    let applied = app.apply_sync(visit.actor.clone(), from, ask.policy.clone(), hash).await?;
    let notice = match (applied.status, applied.run) {
        (RunResult::Done, Some(run)) => {
            return Ok(visit::see_other_saying(&app, &visit.url(&format!("/sync/runs/{run}")), "synced"));
        }
        (RunResult::Stale, _) => moved(&applied.plan, &fields),
        (RunResult::Blocked, _) => "Nothing was written: decide first what blocks the plan.".to_owned(),
        _ => format!("Nothing was written: {} already has all of it.", tenant.name),
    };
    let told = Told { notice: Some(notice), confirm_error: None };
    let page = page(&app, (&visit, &caller), (&ask, &Part::default()), (&applied.plan, told)).await?;
    html::page(StatusCode::CONFLICT, &page)
}

/// The tenant to sync from, and who reads it.
pub(super) fn source(caller: &Caller, ask: &Ask) -> Result<Source> {
    if ask.from.is_empty() {
        return Err(Error::invalid("no_source", "choose the tenant to sync from, on the page of tenant sync"));
    }
    Ok(Source::Tenant(Box::new(caller.act_in(Some(&ask.from))?)))
}

/// What moved since the plan was shown.
fn moved(plan: &Plan, fields: &Fields) -> String {
    let ends = [("source_revision", &plan.source), ("target_revision", &plan.target)];
    let moved: Vec<String> = ends
        .into_iter()
        .filter_map(|(field, end)| {
            let (then, now) = (fields.get(field).parse::<i64>().ok()?, end.revision?);
            (then != now).then(|| format!("{} changed ({} → {now})", end.name, then))
        })
        .collect();
    let why = if moved.is_empty() { "something that it depends on changed".to_owned() } else { moved.join(", and ") };
    format!("Nothing was written: since you looked, {why}. This is the plan now; look at it, then apply it.")
}

async fn page(
    app: &App,
    (visit, caller): (&Visit, &Caller),
    (ask, part): (&Ask, &Part),
    (plan, told): (&Plan, Told),
) -> Result<PlanPage> {
    let reader = caller.act_in(Some(&ask.from))?;
    let missing = missing::choices(app, (&reader, &visit.actor), plan).await?;
    let (tenant, path) = (&visit.actor.tenant, visit.url("/sync/plan"));
    let may_not = visit.actor.require_sync_apply().err().map(|error| error.public);
    let pairs = ask.pairs();
    let is_kept = |(name, _): &&(String, String)| name != "on_missing" && !name.starts_with(MAP);
    Ok(PlanPage {
        frame: visit.frame(format!("Sync {} into {}", ask.from, tenant.key), Section::Sync),
        from: ask.from.clone(),
        target: tenant.key.clone(),
        target_name: tenant.name.clone(),
        is_production: tenant.is_production,
        source_revision: plan.source.revision,
        target_revision: plan.target.revision,
        is_nothing: plan.outcome == Outcome::Nothing,
        is_blocked: plan.outcome == Outcome::Blocked,
        can_apply: plan.outcome == Outcome::Changes && may_not.is_none(),
        may_not,
        policy: PolicyOnPage::from(&ask.policy),
        kept_for_missing: pairs.iter().filter(is_kept).cloned().collect(),
        missing,
        groups: groups(plan),
        more_blockers: plan.blockers.len().saturating_sub(MOST),
        plan: PlanView::new(plan, (&path, &pairs), part),
        todo: todo(&visit.url(""), plan, None),
        hash: plan.hash.clone(),
        command: ask.command(&tenant.key),
        notice: told.notice,
        confirm_error: told.confirm_error,
        kept: pairs,
    })
}

/// Missing connections have choices of their own; what helps against many others is said once.
fn groups(plan: &Plan) -> Vec<BlockerGroup> {
    let mut groups: Vec<BlockerGroup> = Vec::new();
    let others = |blocker: &&Blocker| blocker.code != BlockerCode::MissingConnection;
    for blocker in plan.blockers.iter().take(MOST).filter(others) {
        let line = (blocker.message.clone(), used_by(&blocker.used_by, blocker.uses));
        match groups.iter_mut().find(|group| group.advice == blocker.advice) {
            Some(group) => group.blockers.push(line),
            None => groups.push(BlockerGroup { advice: blocker.advice.clone(), blockers: vec![line] }),
        }
    }
    groups
}

impl Page for PlanPage {
    const TEMPLATE: &'static str = "sync/plan";

    fn samples() -> Vec<(&'static str, Self)> {
        use crate::web::sync::sample;
        let page = |plan: &Plan, show: &str| {
            let ask = Ask { from: "prod".to_owned(), ..Ask::default() };
            let part = Part { show: show.to_owned(), ..Part::default() };
            let pairs = ask.pairs();
            Self {
                frame: Frame::sample("Sync prod into dev", Section::Sync),
                from: ask.from.clone(),
                target: "dev".to_owned(),
                target_name: "<b>Development".to_owned(),
                is_production: true,
                source_revision: Some(3),
                target_revision: Some(4),
                is_nothing: plan.outcome == Outcome::Nothing,
                is_blocked: plan.outcome == Outcome::Blocked,
                can_apply: plan.outcome == Outcome::Changes,
                may_not: None,
                policy: PolicyOnPage::from(&ask.policy),
                kept_for_missing: pairs.clone(),
                missing: missing::samples(plan),
                groups: groups(plan),
                more_blockers: 0,
                plan: PlanView::new(plan, ("/t/dev/sync/plan", &pairs), &part),
                todo: todo("/t/dev", plan, None),
                hash: plan.hash.clone(),
                command: ask.command("dev"),
                notice: None,
                confirm_error: None,
                kept: pairs,
            }
        };
        let wrong = Some("<script>".to_owned());
        let (changes, blocked) = (sample::changes(), sample::blocked());
        vec![
            ("nothing", page(&sample::nothing(), "")),
            ("changes", Self { notice: wrong.clone(), confirm_error: wrong, ..page(&changes, "") }),
            ("references", page(&blocked, "references")),
            ("warnings", page(&changes, "warnings")),
            ("left", Self { may_not: Some("<script>".to_owned()), ..page(&changes, "left") }),
        ]
    }
}
