//! How this tenant differs from another; what is each tenant's own is told apart.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::Serialize;

use crate::app::App;
use crate::error::Result;
use crate::model::caller::Caller;
use crate::model::sync::Drift;
use crate::model::sync::drift::DriftItem;
use crate::model::sync::drift::DriftState;
use crate::model::sync::drift::LocalDrift;
use crate::model::sync::drift::Verdict;
use crate::model::tenant::Tenant;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::sync::ask::Ask;
use crate::web::sync::ask::Part;
use crate::web::sync::lines::FieldOnPage;
use crate::web::sync::lines::heading;
use crate::web::sync::plan_page::source;
use crate::web::turn::Pages;
use crate::web::turn::number;
use crate::web::turn::turn;

const PAGE: usize = 50;

#[derive(Serialize)]
pub struct DriftPage {
    frame: Frame,
    /// Key and name of each tenant to compare with, and whether it is the one.
    sources: Vec<(String, String, bool)>,
    from: String,
    here: String,
    is_asked: bool,
    is_equal: bool,
    tabs: Vec<TabOnPage>,
    items: Vec<ItemOnPage>,
    locals: Vec<LocalOnPage>,
    is_empty: bool,
    pages: Pages,
}

#[derive(Serialize)]
struct TabOnPage {
    label: &'static str,
    count: String,
    url: String,
    is_current: bool,
}

#[derive(Serialize)]
struct ItemOnPage {
    heading: Option<&'static str>,
    key: String,
    other_key: Option<String>,
    state: String,
    tone: &'static str,
    fields: Vec<FieldOnPage>,
    more_fields: usize,
}

#[derive(Serialize)]
struct LocalOnPage {
    connection: String,
    input: String,
    is_secret: bool,
    verdict: String,
    tone: &'static str,
}

/// `GET /t/{tenant}/sync/drift?from=`
pub async fn show(app: Data<App>, (visit, caller): (Visit, Caller), req: HttpRequest) -> Result<HttpResponse> {
    let fields = Fields::of_query(req.query_string());
    let (ask, part) = (Ask::read(&fields), Part::read(&fields));
    let drift = match ask.from.is_empty() {
        true => None,
        false => Some(app.drift(visit.actor.clone(), source(&caller, &ask)?).await?),
    };
    let frame = visit.frame("Drift", Section::Sync);
    let others = visit.tenants.iter().filter(|tenant| tenant.id != visit.actor.tenant.id);
    let here = (visit.actor.tenant.key.as_str(), visit.url("/sync/drift"));
    html::page(StatusCode::OK, &DriftPage::new(frame, others, here, (&ask, &part, drift.as_ref())))
}

impl DriftPage {
    fn new<'a>(
        frame: Frame,
        others: impl Iterator<Item = &'a Tenant>,
        (here, path): (&str, String),
        (ask, part, drift): (&Ask, &Part, Option<&Drift>),
    ) -> Self {
        let pairs = [("from".to_owned(), ask.from.clone())];
        let place = (path.as_str(), &pairs[..]);
        let is_local = part.show == "local";
        let mut page = Self {
            frame,
            sources: others.map(|t| (t.key.clone(), t.name.clone(), t.key == ask.from)).collect(),
            from: ask.from.clone(),
            here: here.to_owned(),
            is_asked: drift.is_some(),
            is_equal: drift.is_some_and(|drift| drift.is_empty),
            tabs: Vec::new(),
            items: Vec::new(),
            locals: Vec::new(),
            is_empty: false,
            pages: Pages::default(),
        };
        let Some(drift) = drift else { return page };
        let tab = |label, show: &str, count: usize| TabOnPage {
            label,
            count: number(count),
            url: Part { show: show.to_owned(), ..Part::default() }.url(place),
            is_current: is_local == (show == "local"),
        };
        page.tabs =
            vec![tab("Shared", "", drift.items.len()), tab("Each tenant's own", "local", drift.local_values.len())];
        let url = |to: String| Part { page: to.parse().unwrap_or_default(), ..part.clone() }.url(place);
        if is_local {
            let (shown, pages) = turn(&drift.local_values, (part.page, PAGE), url);
            page.locals = shown.iter().map(|local| LocalOnPage::of(local, drift)).collect();
            (page.pages, page.is_empty) = (pages, drift.local_values.is_empty());
        } else {
            let (shown, pages) = turn(&drift.items, (part.page, PAGE), url);
            let mut last = None;
            for item in shown {
                let heading = (last != Some(item.kind)).then(|| heading(item.kind));
                last = Some(item.kind);
                page.items.push(ItemOnPage { heading, ..ItemOnPage::of(item, drift) });
            }
            (page.pages, page.is_empty) = (pages, drift.items.is_empty());
        }
        page
    }
}

impl ItemOnPage {
    fn of(item: &DriftItem, drift: &Drift) -> Self {
        let (state, tone) = match item.state {
            DriftState::OnlyInA => (format!("Only in {}", drift.a.name), "bad"),
            DriftState::OnlyInB => (format!("Only in {}", drift.b.name), "good"),
            DriftState::Different => ("Different".to_owned(), "accent"),
        };
        Self {
            heading: None,
            key: item.key.clone(),
            other_key: item.other_key.clone(),
            state,
            tone,
            fields: item.fields.iter().map(FieldOnPage::from).collect(),
            more_fields: item.more_fields,
        }
    }
}

impl LocalOnPage {
    fn of(local: &LocalDrift, drift: &Drift) -> Self {
        let (verdict, tone) = match local.verdict {
            Verdict::Equal => ("Equal".to_owned(), ""),
            Verdict::Different => ("Different".to_owned(), "accent"),
            Verdict::SetOnlyInA => (format!("Set only in {}", drift.a.name), "warn"),
            Verdict::SetOnlyInB => (format!("Set only in {}", drift.b.name), "warn"),
            Verdict::Unknown => ("Cannot be compared".to_owned(), ""),
        };
        Self {
            connection: local.connection.clone(),
            input: local.input.clone(),
            is_secret: local.is_secret,
            verdict,
            tone,
        }
    }
}

impl Page for DriftPage {
    const TEMPLATE: &'static str = "sync/drift";

    fn samples() -> Vec<(&'static str, Self)> {
        use crate::web::sync::sample;
        let page = |drift: Option<&Drift>, show: &str| {
            let ask = Ask { from: drift.map(|_| "prod".to_owned()).unwrap_or_default(), ..Ask::default() };
            let part = Part { show: show.to_owned(), ..Part::default() };
            let frame = Frame::sample("Drift", Section::Sync);
            let mut page =
                Self::new(frame, std::iter::empty(), ("dev", "/t/dev/sync/drift".to_owned()), (&ask, &part, drift));
            page.sources.push(("prod".to_owned(), "<script>".to_owned(), drift.is_some()));
            page
        };
        let drift = sample::drift();
        let equal = Drift { is_empty: true, items: Vec::new(), ..drift.clone() };
        vec![
            ("blank", page(None, "")),
            ("equal", page(Some(&equal), "")),
            ("hostile", page(Some(&drift), "")),
            ("local", page(Some(&drift), "local")),
        ]
    }
}
