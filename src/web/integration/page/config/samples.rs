//! Pages of connections to try the template with.

use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::integration::page::Head;
use crate::web::integration::page::Place;
use crate::web::integration::page::Problem;
use crate::web::integration::page::config::Choice;
use crate::web::integration::page::config::Choosing;
use crate::web::integration::page::config::ConfigPage;
use crate::web::integration::page::config::Preview;
use crate::web::integration::page::config::PreviewLine;
use crate::web::integration::page::config::SlotRow;

const URL: &str = "/t/dev/integrations/order-alerts/config";

pub(super) fn samples() -> Vec<(&'static str, ConfigPage)> {
    let hostile = "\"><script>";
    let two = |text: &str| vec![row(text, true), row(text, false)];
    vec![
        ("empty", page("Orders", Vec::new())),
        ("two", page("Orders", two("Orders"))),
        ("choosing", ConfigPage { choosing: Some(choosing("Orders")), ..page("Orders", two("Orders")) }),
        ("preview", ConfigPage { preview: Some(preview("Orders")), ..page("Orders", two("Orders")) }),
        (
            "hostile",
            ConfigPage {
                choosing: Some(choosing(hostile)),
                preview: Some(preview(hostile)),
                problem: Some(Problem::sample("<img onerror=alert(1)>")),
                ..page(hostile, two(hostile))
            },
        ),
    ]
}

fn page(text: &str, slots: Vec<SlotRow>) -> ConfigPage {
    ConfigPage {
        frame: Frame::sample(text, Section::Integrations),
        head: Head::sample(text, Place::Config),
        problem: None,
        slots,
        choosing: None,
        preview: None,
    }
}

fn row(text: &str, is_bound: bool) -> SlotRow {
    let bound = || is_bound.then(|| text.to_owned());
    SlotRow {
        variable: text.to_owned(),
        component: bound(),
        connection_type: bound(),
        label: bound(),
        stable_key: bound(),
        state: "Ready",
        tone: "good",
        open_url: is_bound.then(|| URL.to_owned()),
        needs_test: is_bound,
        is_rebound: is_bound,
        scopes: text.to_owned(),
        used_by: vec![text.to_owned()],
        uses: 1,
        choose_url: Some(URL.to_owned()),
        can_remove: !is_bound,
    }
}

fn choosing(text: &str) -> Choosing {
    let choice = |is_chosen| Choice {
        id: "connection-0".to_owned(),
        value: text.to_owned(),
        label: text.to_owned(),
        stable_key: text.to_owned(),
        mark: text.to_owned(),
        state: "Ready",
        tone: "good",
        is_chosen,
        is_current: is_chosen,
    };
    let choices = vec![choice(true), choice(false)];
    Choosing { variable: text.to_owned(), choices, create_url: Some(URL.to_owned()), uses: 2 }
}

fn preview(text: &str) -> Preview {
    Preview {
        variable: text.to_owned(),
        connection: text.to_owned(),
        before: Some(text.to_owned()),
        after: text.to_owned(),
        changes: vec![PreviewLine { path: text.to_owned(), input: text.to_owned() }],
        is_same: false,
        back_url: URL.to_owned(),
    }
}
