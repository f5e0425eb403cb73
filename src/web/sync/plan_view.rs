//! A plan as people read it: counts, changes field by field, references with their reasons. Long ones by pages.

use serde::Serialize;

use crate::model::sync::Plan;
use crate::model::sync::plan::Change;
use crate::model::sync::plan::LeftAlone;
use crate::model::sync::plan::Reference;
use crate::model::sync::plan::Side;
use crate::web::sync::ask::Part;
use crate::web::sync::lines::ChangeOnPage;
use crate::web::sync::lines::ReferenceOnPage;
use crate::web::sync::lines::heading;
use crate::web::sync::lines::used_by;
use crate::web::sync::lines::word;
use crate::web::turn::Pages;
use crate::web::turn::number;
use crate::web::turn::turn;

/// Things on a page.
const PAGE: usize = 50;

/// The part of a plan that a page shows.
#[derive(Default, Serialize)]
pub struct PlanView {
    source: String,
    target: String,
    tallies: Vec<Tally>,
    tabs: Vec<Choice>,
    actions: Vec<Choice>,
    kinds: Vec<Choice>,
    changes: Vec<ChangeOnPage>,
    references: Vec<ReferenceOnPage>,
    warnings: Vec<WarningOnPage>,
    differences: Vec<ChangeOnPage>,
    left_alone: Vec<LeftOnPage>,
    /// Nothing fits what is asked for.
    is_empty: bool,
    pages: Pages,
}

#[derive(Serialize)]
struct Tally {
    count: String,
    label: &'static str,
    tone: &'static str,
}

#[derive(Serialize)]
struct Choice {
    label: &'static str,
    count: String,
    url: String,
    is_current: bool,
}

#[derive(Serialize)]
struct WarningOnPage {
    subject: String,
    message: String,
    used_by: String,
}

#[derive(Serialize)]
struct LeftOnPage {
    kind: &'static str,
    key: String,
    side: String,
}

/// An address that shows plans: its path, and what every link keeps.
pub type Place<'a> = (&'a str, &'a [(String, String)]);

impl PlanView {
    #[must_use]
    pub fn new(plan: &Plan, place: Place<'_>, part: &Part) -> Self {
        let mut view = Self {
            source: plan.source.name.clone(),
            target: plan.target.name.clone(),
            tallies: tallies(plan),
            tabs: tabs(plan, place, part),
            ..Self::default()
        };
        match part.show.as_str() {
            "references" => view.references(plan, place, part),
            "warnings" => {
                let warning = |warning: &crate::model::sync::plan::Warning| WarningOnPage {
                    subject: warning.subject.clone(),
                    message: warning.message.clone(),
                    used_by: used_by(&warning.used_by, warning.uses),
                };
                view.warnings = view.page(&plan.warnings, place, part).iter().map(warning).collect();
            }
            "differences" => {
                let shown = view.page(&plan.differences, place, part);
                view.differences = shown.iter().map(ChangeOnPage::of_difference).collect();
            }
            "left" => {
                let left = |left: &LeftAlone| LeftOnPage {
                    kind: left.kind.as_str(),
                    key: left.key.clone(),
                    side: match left.side {
                        Side::Source => format!("only in {}, used by nothing, not copied", plan.source.name),
                        Side::Target => format!("only in {}, stays", plan.target.name),
                    },
                };
                view.left_alone = view.page(&plan.left_alone, place, part).iter().map(left).collect();
            }
            _ => view.changes(plan, place, part),
        }
        view
    }

    fn page<'a, T>(&mut self, items: &'a [T], place: Place<'_>, part: &Part) -> &'a [T] {
        let url = |page: String| Part { page: page.parse().unwrap_or_default(), ..part.clone() }.url(place);
        let (shown, pages) = turn(items, (part.page, PAGE), url);
        self.pages = pages;
        self.is_empty = items.is_empty();
        shown
    }

    fn changes(&mut self, plan: &Plan, place: Place<'_>, part: &Part) {
        let fits = |change: &Change, only: &str, kind: &str| {
            (only.is_empty() || word(change.action) == only) && (kind.is_empty() || change.kind.as_str() == kind)
        };
        let count = |only: &str, kind: &str| plan.changes.iter().filter(|change| fits(change, only, kind)).count();
        let choice = |label, only: &str, kind: &str| Choice {
            label,
            count: number(count(only, kind)),
            url: Part { only: only.to_owned(), kind: kind.to_owned(), page: 0, ..part.clone() }.url(place),
            is_current: part.only == only && part.kind == kind,
        };
        let actions = [("All", ""), ("Create", "create"), ("Update", "update"), ("Delete", "delete")];
        self.actions = actions.into_iter().map(|(label, only)| choice(label, only, &part.kind)).collect();
        let kinds = [
            ("All kinds", ""),
            ("Components", "component"),
            ("Connections", "connection"),
            ("Integrations", "integration"),
        ];
        self.kinds = kinds.into_iter().map(|(label, kind)| choice(label, &part.only, kind)).collect();
        let shown: Vec<&Change> = plan.changes.iter().filter(|change| fits(change, &part.only, &part.kind)).collect();
        let mut last = None;
        for change in self.page(&shown, place, part).to_vec() {
            let heading = (last != Some(change.kind)).then(|| heading(change.kind));
            last = Some(change.kind);
            self.changes.push(ChangeOnPage { heading, ..ChangeOnPage::of(change) });
        }
    }

    fn references(&mut self, plan: &Plan, place: Place<'_>, part: &Part) {
        let fits = |reference: &Reference, only: &str| match only {
            "blocked" => reference.is_blocking,
            "told" => reference.reason.is_some() && !reference.is_blocking,
            _ => true,
        };
        let choice = |(label, only): (&'static str, &str)| Choice {
            label,
            count: number(plan.references.iter().filter(|reference| fits(reference, only)).count()),
            url: Part { only: only.to_owned(), page: 0, ..part.clone() }.url(place),
            is_current: part.only == only,
        };
        self.actions = [("All", ""), ("Blocked", "blocked"), ("With a reason", "told")].map(choice).into();
        let shown: Vec<&Reference> = plan.references.iter().filter(|reference| fits(reference, &part.only)).collect();
        self.references =
            self.page(&shown, place, part).iter().map(|reference| ReferenceOnPage::of(reference)).collect();
    }
}

fn tallies(plan: &Plan) -> Vec<Tally> {
    let summary = &plan.summary;
    let all = [
        (summary.created, "to create", "good"),
        (summary.placeholders, "placeholders", "good"),
        (summary.updated, "to update", "accent"),
        (summary.renamed, "to rename", "accent"),
        (summary.deleted, "to delete", "bad"),
        (summary.blockers, "blocked", "bad"),
        (summary.warnings, "worth a look", "warn"),
        (summary.unchanged_integrations, "integrations unchanged", ""),
    ];
    let told = all.into_iter().filter(|(count, _, _)| *count > 0);
    told.map(|(count, label, tone)| Tally { count: number(count), label, tone }).collect()
}

fn tabs(plan: &Plan, place: Place<'_>, part: &Part) -> Vec<Choice> {
    let all = [
        ("Changes", "", plan.changes.len()),
        ("References", "references", plan.references.len()),
        ("Worth a look", "warnings", plan.warnings.len()),
        ("Different, left as they are", "differences", plan.differences.len()),
        ("Only on one side", "left", plan.left_alone.len()),
    ];
    let is_known = all.iter().any(|(_, show, _)| *show == part.show);
    let shown = all.into_iter().filter(|(_, show, count)| *count > 0 || show.is_empty() || *show == part.show);
    let tab = |(label, show, count): (&'static str, &str, usize)| Choice {
        label,
        count: number(count),
        url: Part { show: show.to_owned(), ..Part::default() }.url(place),
        is_current: if is_known { part.show == show } else { show.is_empty() },
    };
    shown.map(tab).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sync::sample;

    #[test]
    fn ten_thousand_changes_are_shown_by_pages() {
        let plan = sample::changes();
        let one = plan.changes[2].clone();
        let changes = (0..10_000).map(|at| Change { key: format!("flow-{at:05}"), ..one.clone() }).collect();
        let plan = Plan { changes, ..plan };
        let part = Part { kind: "integration".to_owned(), page: 3, ..Part::default() };
        let view = PlanView::new(&plan, ("/t/dev/sync/plan", &[("from".to_owned(), "prod".to_owned())]), &part);
        let keys: Vec<&str> = view.changes.iter().map(|change| change.key.as_str()).collect();
        assert_eq!((keys.len(), keys[0], keys[49]), (50, "flow-00100", "flow-00149"));
        assert_eq!(view.tabs[0].count, "10,000");
        let pages = serde_json::to_value(&view.pages).unwrap();
        assert_eq!(pages["label"], "101–150 of 10,000");
        assert_eq!(pages["next"], "/t/dev/sync/plan?from=prod&kind=integration&page=4");
        assert!(PlanView::new(&plan, ("/", &[]), &Part { only: "delete".to_owned(), ..Part::default() }).is_empty);
    }
}
