//! Every SQL statement of an apply, reads, BEGIN and COMMIT included: the process stops before it, or after the COMMIT.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::Mutex;

use keyway::store::conn::Moment;
use keyway::store::conn::Watch;
use serde_json::Value;

use super::busy;
use crate::support::TestApp;
use crate::support::db;
use crate::support::world::World;

/// Where a crash can be planted: before each statement, and after each COMMIT.
#[derive(Default)]
struct Points {
    /// The crash comes at this one, counted from 0.
    at: Option<usize>,
    is_counting: bool,
    passed: Vec<String>,
}

#[derive(Clone, Default)]
struct Fault(Arc<Mutex<Points>>);

impl Fault {
    fn watch(&self) -> Watch {
        let points = self.clone();
        Watch::new(move |moment, sql| points.pass(moment, sql))
    }

    fn pass(&self, moment: Moment, sql: &str) {
        let is_crash = {
            let mut points = self.0.lock().unwrap();
            if !points.is_counting || (moment == Moment::After && sql != "COMMIT") {
                return;
            }
            let number = points.passed.len();
            points.passed.push(format!("{moment:?} {sql}"));
            let is_crash = points.at == Some(number);
            // What happens next is no longer the sync's.
            points.is_counting = !is_crash;
            is_crash
        };
        if is_crash {
            // Without the panic hook, which would write a hundred traces.
            resume_unwind(Box::new("a planted crash"));
        }
    }

    fn start(&self, at: Option<usize>) {
        *self.0.lock().unwrap() = Points { at, is_counting: true, passed: Vec::new() };
    }

    /// The points that were passed; the last one is where it crashed, if it did.
    fn stop(&self) -> (bool, Vec<String>) {
        let points = std::mem::take(&mut *self.0.lock().unwrap());
        (points.at.is_some() && !points.is_counting, points.passed)
    }
}

#[actix_web::test]
async fn a_crash_at_any_statement_leaves_before_or_after() {
    let fault = Fault::default();
    let w = World::start_on(TestApp::start_watched(fault.watch()).await).await;
    let policy = busy(&w).await;
    let before = w.snapshot().await;
    let mut seen = w.plan(&policy).await["hash"].clone();

    fault.start(None);
    w.apply_hash(&policy, &seen).await.must_be(200);
    let (_, all) = fault.stop();
    let synced = w.snapshot().await;
    assert!(all.len() > 60 && synced != before, "only {} points", all.len());
    seen = again(&w, &policy, &before).await;

    // Others end what the request reads before.
    let committed = all.iter().rposition(|point| point == "After COMMIT").unwrap();
    let mut met = BTreeSet::new();
    for at in chosen(&all) {
        fault.start(Some(at));
        let answer = w.apply_hash(&policy, &seen).await;
        let (has_crashed, passed) = fault.stop();
        let point = passed.last().cloned().unwrap_or_default();
        let now = w.snapshot().await;
        if answer.status == 200 {
            assert!(!has_crashed && now == synced, "{at}: {point}");
        } else {
            assert!(answer.status == 500 && has_crashed, "{at}: {point}: {}", answer.body);
            met.insert(point.split(' ').take(2).collect::<Vec<_>>().join(" "));
        }
        if now == before {
            assert!(at < committed, "{at}: {point}: a COMMIT was lost");
        } else {
            assert!(at >= committed, "{at}: {point}: written without a COMMIT");
            assert_eq!(now, synced, "{at}: neither before nor after: {point}");
            seen = again(&w, &policy, &before).await;
        }
    }
    for point in ["Before BEGIN", "Before SELECT", "Before INSERT", "Before COMMIT", "After COMMIT"] {
        assert!(met.contains(point), "{point} was not met: {met:?}");
    }
}

/// Every point on SQLite; on PostgreSQL every fifth, the first and the last ones: each costs more there.
fn chosen(all: &[String]) -> Vec<usize> {
    let is_chosen = |at: usize| {
        let is_edge = at == 0 || all[at].ends_with("COMMIT");
        !db::is_postgres() || is_edge || at.is_multiple_of(5)
    };
    (0..all.len()).filter(|at| is_chosen(*at)).collect()
}

/// Takes the sync back; the hash of the plan for another.
async fn again(w: &World, policy: &Value, before: &str) -> Value {
    w.rollback().await.must_be(200);
    assert_eq!(w.snapshot().await, before);
    w.plan(policy).await["hash"].clone()
}
