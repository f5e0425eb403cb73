//! Designer pages to try the template with.

use crate::model::definition::outline::Form;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::integration::page::Head;
use crate::web::integration::page::Place;
use crate::web::integration::page::Problem;
use crate::web::integration::page::designer::BrokenLine;
use crate::web::integration::page::designer::DesignerPage;
use crate::web::integration::page::designer::FlowTab;
use crate::web::integration::page::designer::add::Actions;
use crate::web::integration::page::designer::add::AddPanel;
use crate::web::integration::page::designer::add::Carried;
use crate::web::integration::page::designer::add::Choice;
use crate::web::integration::page::designer::add::Components;
use crate::web::integration::page::designer::add::Last;
use crate::web::integration::page::designer::diagram::Row;
use crate::web::integration::page::designer::diagram::UsedConnection;
use crate::web::integration::page::designer::panel::GonePanel;
use crate::web::integration::page::designer::panel::Overview;
use crate::web::integration::page::designer::panel::Panel;
use crate::web::integration::page::designer::panel::ReferringLine;
use crate::web::integration::page::designer::panel::RemovePanel;
use crate::web::integration::page::designer::panel::SlotLine;
use crate::web::integration::page::designer::panel::Typed;
use crate::web::integration::page::designer::step::Field;
use crate::web::integration::page::designer::step::StepPanel;
use crate::web::integration::page::designer::step::form_choices;
use crate::web::integration::page::designer::switch::ConnectionChoice;
use crate::web::integration::page::designer::switch::SwitchPanel;

const URL: &str = "/t/dev/integrations/order-alerts/designer";

pub(super) fn samples() -> Vec<(&'static str, DesignerPage)> {
    let hostile = "\"><script>";
    vec![
        (
            "empty",
            DesignerPage {
                rows: Vec::new(),
                flows: Vec::new(),
                end_url: Some(URL.to_owned()),
                ..page("Orders", overview("Orders"))
            },
        ),
        ("overview", page("Orders", overview("Orders"))),
        ("step", page("Orders", step("Orders"))),
        ("components", page("Orders", add("Orders", 0))),
        ("actions", page("Orders", add("Orders", 1))),
        ("connection", page("Orders", add("Orders", 2))),
        ("switch", page("Orders", switch("Orders"))),
        ("remove", page("Orders", remove("Orders"))),
        ("gone", page("Orders", gone("Orders"))),
        ("hostile", with_problem(page(hostile, step(hostile)))),
        ("hostile switch", with_problem(page(hostile, switch(hostile)))),
    ]
}

fn with_problem(page: DesignerPage) -> DesignerPage {
    let text = "<img onerror=alert(1)>";
    let broken =
        BrokenLine { path: text.to_owned(), input: text.to_owned(), text: text.to_owned(), url: URL.to_owned() };
    DesignerPage { problem: Some(Problem::sample(text)), broken: vec![broken], ..page }
}

fn page(text: &str, panel: Panel) -> DesignerPage {
    let lane = |text: &str| Row {
        begins_lane: true,
        name: Some(text.to_owned()),
        add_url: Some(URL.to_owned()),
        ..Row::default()
    };
    DesignerPage {
        frame: Frame::sample(text, Section::Integrations),
        head: Head::sample(text, Place::Designer),
        problem: None,
        flows: vec![FlowTab { name: text.to_owned(), steps: 2, url: URL.to_owned(), is_current: true }],
        flow: text.to_owned(),
        flow_description: text.to_owned(),
        rows: vec![
            row(text),
            lane(text),
            row(text),
            Row { ends_step: true, add_url: Some(URL.to_owned()), ..Row::default() },
            Row { ends_lane: true, ..Row::default() },
            Row { ends_step: true, add_url: Some(URL.to_owned()), ..Row::default() },
        ],
        end_url: None,
        open_slots: 1,
        broken: Vec::new(),
        panel,
    }
}

fn row(text: &str) -> Row {
    Row {
        is_step: true,
        name: Some(text.to_owned()),
        path: text.to_owned(),
        url: URL.to_owned(),
        component: text.to_owned(),
        mark: text.to_owned(),
        action: text.to_owned(),
        is_trigger: true,
        is_current: true,
        icon: "bolt",
        has_broken: true,
        connections: vec![used(text)],
        ..Row::default()
    }
}

fn used(text: &str) -> UsedConnection {
    UsedConnection {
        input: text.to_owned(),
        variable: text.to_owned(),
        label: text.to_owned(),
        stable_key: Some(text.to_owned()),
        state: "Ready",
        tone: "good",
        switch_url: URL.to_owned(),
        open_url: Some(URL.to_owned()),
        needs_test: true,
    }
}

fn overview(text: &str) -> Panel {
    let slot = SlotLine {
        variable: text.to_owned(),
        label: text.to_owned(),
        state: "Pending",
        tone: "warn",
        uses: 2,
        url: URL.to_owned(),
    };
    let overview = Overview {
        description: Some(text.to_owned()),
        slots: vec![slot],
        can_remove_flow: true,
        new_flow: String::new(),
        flow_name: text.to_owned(),
    };
    Panel { overview: Some(overview), ..Panel::default() }
}

fn step(text: &str) -> Panel {
    let field = |is_lines, is_fixed| Field {
        id: "input-0".to_owned(),
        name: text.to_owned(),
        label: text.to_owned(),
        form: "value",
        forms: form_choices(Form::Value),
        text: text.to_owned(),
        was_form: "value",
        was_text: text.to_owned(),
        is_lines,
        is_fixed,
        is_required: true,
        help: Some(text.to_owned()),
        error: Some(text.to_owned()),
        theirs: Some(text.to_owned()),
    };
    let step = StepPanel {
        path: text.to_owned(),
        title: text.to_owned(),
        name: text.to_owned(),
        name_error: Some(text.to_owned()),
        description: text.to_owned(),
        component: text.to_owned(),
        mark: text.to_owned(),
        action: text.to_owned(),
        is_trigger: false,
        connections: vec![used(text)],
        inputs: vec![field(false, false), field(true, false), field(true, true)],
        has_structure: true,
        variables: vec![text.to_owned()],
        up: Some(text.to_owned()),
        down: Some(text.to_owned()),
        add_url: URL.to_owned(),
        remove_url: URL.to_owned(),
        close_url: URL.to_owned(),
    };
    Panel { step: Some(step), ..Panel::default() }
}

fn choice(text: &str, is_chosen: bool) -> ConnectionChoice {
    ConnectionChoice {
        id: "connection-0".to_owned(),
        value: text.to_owned(),
        label: text.to_owned(),
        stable_key: text.to_owned(),
        kind: text.to_owned(),
        mark: text.to_owned(),
        state: "Ready",
        tone: "good",
        is_chosen,
        is_current: is_chosen,
    }
}

fn add(text: &str, stage: usize) -> Panel {
    let one = |icon| Choice {
        label: text.to_owned(),
        key: text.to_owned(),
        description: Some(text.to_owned()),
        mark: text.to_owned(),
        icon,
        url: URL.to_owned(),
    };
    let asked = Carried {
        flow: text.to_owned(),
        add: "after".to_owned(),
        at: text.to_owned(),
        branch: String::new(),
        component: text.to_owned(),
        action: text.to_owned(),
    };
    let components =
        Components { search: text.to_owned(), logic: vec![one(Some("loop"))], found: vec![one(None)], more: 3 };
    let (component, mark, back_url) = (text.to_owned(), text.to_owned(), URL.to_owned());
    let actions = Actions {
        component: component.clone(),
        mark: mark.clone(),
        found: vec![one(None)],
        back_url: back_url.clone(),
    };
    let last = Last {
        component,
        mark,
        back_url,
        action: text.to_owned(),
        name: text.to_owned(),
        name_error: None,
        takes_connection: true,
        choices: vec![choice(text, true), choice(text, false)],
        create_url: Some(URL.to_owned()),
    };
    let add = AddPanel {
        asked,
        place: format!("after {text}"),
        close_url: URL.to_owned(),
        components: (stage == 0).then_some(components),
        actions: (stage == 1).then_some(actions),
        last: (stage == 2).then_some(last),
    };
    Panel { add: Some(add), ..Panel::default() }
}

fn switch(text: &str) -> Panel {
    let switch = SwitchPanel {
        path: text.to_owned(),
        name: text.to_owned(),
        component: text.to_owned(),
        input: text.to_owned(),
        variable: text.to_owned(),
        choices: vec![choice(text, true), choice(text, false)],
        create_url: Some(URL.to_owned()),
        back_url: URL.to_owned(),
        config_url: URL.to_owned(),
        others: 2,
    };
    Panel { switch: Some(switch), ..Panel::default() }
}

fn remove(text: &str) -> Panel {
    let line = ReferringLine { path: text.to_owned(), input: text.to_owned(), text: text.to_owned() };
    let remove = RemovePanel {
        path: text.to_owned(),
        name: text.to_owned(),
        inside: 2,
        referring: vec![line],
        back_url: URL.to_owned(),
    };
    Panel { remove: Some(remove), ..Panel::default() }
}

fn gone(text: &str) -> Panel {
    let typed = vec![Typed { name: text.to_owned(), text: text.to_owned() }];
    Panel { gone: Some(GonePanel { path: text.to_owned(), typed, back_url: URL.to_owned() }), ..Panel::default() }
}
