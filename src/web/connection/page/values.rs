//! The global values of a connection: where each comes from, who manages it, and a form to change them.

use actix_web::HttpResponse;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::app::connection::ConnectionUpdate;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::model::component::ConnectionType;
use crate::model::component::Input;
use crate::model::component::LiveTestPolicy;
use crate::model::component::ManagedBy;
use crate::model::connection::Scope;
use crate::model::live_test::is_testable;
use crate::model::values::State;
use crate::model::values::view::InputView;
use crate::web::connection::page::Head;
use crate::web::connection::page::Looked;
use crate::web::connection::page::look;
use crate::web::connection::page::sample_frame;
use crate::web::field;
use crate::web::field::Field;
use crate::web::field::Sheet;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::refusal;
use crate::web::refusal::Refusal;
use crate::web::visit;
use crate::web::words;

/// What the names of these fields begin with.
const PREFIX: &str = "input.";

#[derive(Serialize)]
pub struct ValuesPage {
    frame: Frame,
    head: Head,
    refusal: Option<Refusal>,
    may_write: bool,
    fields: Vec<Field>,
    ignored: Vec<Ignored>,
    version: i64,
    is_customers: bool,
    is_tested: bool,
    may_skip_test: bool,
    is_skipped: bool,
}

#[derive(Serialize)]
struct Ignored {
    input: String,
    why: &'static str,
}

/// Why a stored value does not count any more.
#[must_use]
pub fn ignored_word(reason: &str) -> &'static str {
    match reason {
        "unknown_input" => "the component has no such input any more",
        "managed_by_organization" => "the organization manages it by now",
        "kind_changed" => "its kind changed",
        _ => "the scope has no place for it",
    }
}

/// The inputs of a type with what is in effect for each.
pub fn seen<'a>(
    kind: &'a ConnectionType,
    views: &'a [InputView],
) -> impl Iterator<Item = (&'a Input, Option<&'a InputView>)> {
    kind.inputs.iter().map(|input| (input, views.iter().find(|view| view.key == input.key)))
}

/// Whether values of this connection type may be saved untested.
#[must_use]
pub fn may_skip_test(policy: LiveTestPolicy, kind: &ConnectionType) -> bool {
    policy != LiveTestPolicy::Required && is_testable(kind) && !kind.auth.needs_consent()
}

/// Not missing here: each customer has their own.
fn is_each_customers(scope: Scope, seen: &InputView) -> bool {
    let is_theirs = match scope {
        Scope::Customer => seen.managed_by != ManagedBy::Organization,
        Scope::OrganizationCustomer => true,
        Scope::OrganizationGlobal => false,
    };
    is_theirs && seen.state == State::Missing
}

impl ValuesPage {
    fn new(visit: &Visit, looked: &Looked, typed: Option<&Fields>, refusal: Option<Refusal>) -> Result<Self> {
        let connection = &looked.described.connection;
        let kind = looked.described.kind()?;
        let sheet = Sheet {
            prefix: PREFIX,
            own: &connection.inputs,
            global_of: Some(connection.scope),
            typed,
            refusal: refusal.as_ref(),
        };
        let views = &looked.view.values.inputs;
        let scope = connection.scope;
        let field = |(input, seen): (&Input, Option<&InputView>)| {
            let field = sheet.field(input, seen);
            match seen {
                Some(seen) if is_each_customers(scope, seen) => field.marked(Some(words::CUSTOMER_SPECIFIC)),
                _ => field,
            }
        };
        let fields = seen(kind, views).map(field).collect();
        let is_tested = connection.scope == Scope::OrganizationGlobal && is_testable(kind) && !looked.needs_consent();
        let ignored = looked.view.values.ignored.iter();
        Ok(Self {
            head: looked.head(visit, "values"),
            frame: looked.frame(visit),
            may_write: visit.may(Permission::ConnectionsWrite),
            fields,
            ignored: ignored.map(|i| Ignored { input: i.input.clone(), why: ignored_word(i.reason) }).collect(),
            version: connection.version,
            is_customers: connection.scope == Scope::Customer,
            is_tested,
            may_skip_test: is_tested && may_skip_test(looked.described.component.live_test, kind),
            is_skipped: typed.is_some_and(|typed| typed.has("without_test")),
            refusal,
        })
    }
}

/// `GET /t/{tenant}/connections/{connection}/values`
pub async fn edit(app: Data<App>, visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    html::page(refusal::status(None), &ValuesPage::new(&visit, &looked, None, None)?)
}

/// `POST /t/{tenant}/connections/{connection}/values`
pub async fn update(
    app: Data<App>,
    visit: Visit,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<HttpResponse> {
    let looked = look(&app, &visit, path).await?;
    let connection = &looked.described.connection;
    let (own, global_of) = (&connection.inputs, Some(connection.scope));
    let sheet = Sheet { prefix: PREFIX, own, global_of, typed: None, refusal: None };
    let inputs = sheet.edits(seen(looked.described.kind()?, &looked.view.values.inputs), &fields);
    let without_test = fields.has("without_test");
    let change = ConnectionUpdate { inputs, without_test, ..ConnectionUpdate::default() };
    let version = fields.get("version").parse().ok();
    match app.update_connection(visit.actor.clone(), looked.id(), version, change).await {
        Ok(_) => {
            let page = visit.url(&format!("/connections/{}/values", looked.id()));
            Ok(visit::see_other_saying(&app, &page, "saved"))
        }
        Err(error) => {
            let refusal = Refusal::of(error)?;
            html::page(refusal.status, &ValuesPage::new(&visit, &looked, Some(&fields), Some(refusal))?)
        }
    }
}

impl Page for ValuesPage {
    const TEMPLATE: &'static str = "connection/values";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_full: bool| Self {
            frame: sample_frame(),
            head: Head::sample(text, "values"),
            refusal: is_full.then(|| refusal::sample(text)),
            may_write: is_full,
            fields: if is_full { field::samples(text) } else { Vec::new() },
            ignored: if is_full {
                vec![Ignored { input: text.to_owned(), why: ignored_word("unknown_input") }]
            } else {
                Vec::new()
            },
            version: 3,
            is_customers: true,
            is_tested: is_full,
            may_skip_test: is_full,
            is_skipped: false,
        };
        vec![("empty", page("Our Slack", false)), ("full", page("plain", true)), ("hostile", page("\"><script>", true))]
    }
}
