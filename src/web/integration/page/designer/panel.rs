//! What stands beside the diagram: the integration, one step, a step to be, another connection, or a question first.

use serde::Serialize;

use crate::app::App;
use crate::error::Result;
use crate::model::definition::outline::Outlined;
use crate::web::integration::page::designer::Making;
use crate::web::integration::page::designer::add::AddPanel;
use crate::web::integration::page::designer::step::StepPanel;
use crate::web::integration::page::designer::switch::SwitchPanel;
use crate::web::integration::page::query;
use crate::web::integration::page::readiness_word;

/// Of these exactly one is there.
#[derive(Serialize, Default)]
pub(super) struct Panel {
    pub overview: Option<Overview>,
    pub step: Option<StepPanel>,
    pub add: Option<AddPanel>,
    pub switch: Option<SwitchPanel>,
    pub remove: Option<RemovePanel>,
    pub gone: Option<GonePanel>,
}

/// The integration as a whole.
#[derive(Serialize)]
pub(super) struct Overview {
    pub description: Option<String>,
    pub slots: Vec<SlotLine>,
    pub can_remove_flow: bool,
    pub new_flow: String,
    pub flow_name: String,
}

#[derive(Serialize)]
pub(super) struct SlotLine {
    pub variable: String,
    pub label: String,
    pub state: &'static str,
    pub tone: &'static str,
    pub uses: usize,
    pub url: String,
}

/// Before a step goes.
#[derive(Serialize)]
pub(super) struct RemovePanel {
    pub path: String,
    pub name: String,
    pub inside: usize,
    pub referring: Vec<ReferringLine>,
    pub back_url: String,
}

#[derive(Serialize)]
pub(super) struct ReferringLine {
    pub path: String,
    pub input: String,
    pub text: String,
}

/// A step that is not there any more, and what was typed for it.
#[derive(Serialize)]
pub(super) struct GonePanel {
    pub path: String,
    pub typed: Vec<Typed>,
    pub back_url: String,
}

#[derive(Serialize)]
pub(super) struct Typed {
    pub name: String,
    pub text: String,
}

impl Panel {
    pub(super) async fn new(app: &App, making: &Making<'_>) -> Result<Self> {
        let asked = making.asked;
        let may_write = making.head.may_write;
        if !asked.add.is_empty() && may_write {
            let add = Some(AddPanel::new(app, making).await?);
            return Ok(Self { add, ..Self::default() });
        }
        if asked.step.is_empty() {
            return Ok(Self { overview: Some(Overview::new(making)), ..Self::default() });
        }
        let steps = making.design.flows.iter().flat_map(|flow| &flow.steps);
        let Some(step) = steps.into_iter().find(|step| step.path == asked.step) else {
            return Ok(Self { gone: Some(GonePanel::new(making)), ..Self::default() });
        };
        let wanted = step.uses.iter().find(|used| used.input == asked.switch && !asked.switch.is_empty());
        if let Some(wanted) = wanted.filter(|_| may_write) {
            let switch = Some(SwitchPanel::new(app, making, (step, wanted)).await?);
            return Ok(Self { switch, ..Self::default() });
        }
        if asked.show == "remove" && may_write {
            let remove = Some(RemovePanel::new(app, making, step).await?);
            return Ok(Self { remove, ..Self::default() });
        }
        Ok(Self { step: Some(StepPanel::new(making, step)), ..Self::default() })
    }
}

impl Overview {
    fn new(making: &Making<'_>) -> Self {
        let design = making.design;
        let slots = design.connections.iter().map(|slot| {
            let bound = slot.connection.as_ref();
            let (state, tone) = bound.map_or(("Not connected", "bad"), |bound| readiness_word(bound.status));
            SlotLine {
                variable: slot.slot.variable.clone(),
                label: bound
                    .map(|bound| bound.label.clone())
                    .or_else(|| slot.slot.stable_key.clone())
                    .unwrap_or_default(),
                state,
                tone,
                uses: slot.used_by.len(),
                url: format!("{}/config{}", making.head.base, query(&[("slot", &slot.slot.variable)])),
            }
        });
        let typed = |op: &str, name: &str| {
            let back = making.back.filter(|back| back.fields.get("op") == op);
            back.map(|back| back.fields.get(name).to_owned())
        };
        Self {
            description: design.description.clone(),
            slots: slots.collect(),
            can_remove_flow: design.flows.len() > 1,
            new_flow: typed("flow_add", "name").unwrap_or_default(),
            flow_name: typed("flow_rename", "name").unwrap_or_else(|| making.flow().to_owned()),
        }
    }
}

impl RemovePanel {
    async fn new(app: &App, making: &Making<'_>, step: &Outlined) -> Result<Self> {
        let key = making.head.key.clone();
        let found = app.steps_referring(making.visit.actor.clone(), key, step.path.clone()).await?;
        let inside = format!("{} / ", step.path);
        let steps = making.design.flows.iter().flat_map(|flow| &flow.steps);
        Ok(Self {
            path: step.path.clone(),
            name: step.name.clone(),
            inside: steps.filter(|other| other.path.starts_with(&inside)).count(),
            referring: found
                .into_iter()
                .map(|found| ReferringLine { path: found.path, input: found.input, text: found.text })
                .collect(),
            back_url: making.url(&[("flow", making.flow()), ("step", &step.path)]),
        })
    }
}

impl GonePanel {
    fn new(making: &Making<'_>) -> Self {
        let mut typed = Vec::new();
        if let Some(back) = making.back {
            if !back.fields.get("name").is_empty() {
                typed.push(Typed { name: "Name".to_owned(), text: back.fields.get("name").to_owned() });
            }
            for (name, text) in back.fields.under("text.") {
                if text != back.fields.get(&format!("was_text.{name}")) {
                    typed.push(Typed { name: name.to_owned(), text: text.to_owned() });
                }
            }
        }
        Self { path: making.asked.step.clone(), typed, back_url: making.url(&[("flow", making.flow())]) }
    }
}
