//! The program is killed while it applies: the other end of the same question, with a real process and a real database.

use std::time::Duration;
use std::time::Instant;

use serde_json::Value;

use crate::cli::desk::Desk;
use crate::cli::desk::Ran;
use crate::cli::sync::fixture;

const KILLS: u32 = 12;
const COPIES: usize = 12;
const APPLY: [&str; 9] = ["sync", "apply", "--from", "dev", "--to", "prod", "--on-missing", "placeholder", "--yes"];

/// `dev` with enough integrations for an apply that takes a while.
fn filled() -> Desk {
    let desk = Desk::new();
    desk.json(&["tenants", "create", "dev"]);
    desk.json(&["tenants", "create", "prod"]);
    let text = std::fs::read_to_string(fixture("inline.yml")).unwrap();
    let name = text.lines().find(|line| line.starts_with("name:")).unwrap();
    let files: Vec<String> = (0..COPIES)
        .map(|number| desk.file(&format!("{number}.yml"), &text.replace(name, &format!("name: Copy {number}"))))
        .collect();
    let mut import = vec!["--tenant", "dev", "integrations", "import"];
    import.extend(files.iter().map(String::as_str));
    assert_eq!(desk.json(&import)["ok"], true);
    desk
}

/// The plan as it is now: its outcome and its hash, which names the revisions.
fn plan(desk: &Desk) -> (String, String) {
    let args = ["sync", "plan", "--from", "dev", "--to", "prod", "--on-missing", "placeholder", "--json"];
    let document: Value = serde_json::from_str(&desk.run(&args).answer).unwrap();
    let text = |name: &str| document[name].as_str().unwrap().to_owned();
    (text("outcome"), text("hash"))
}

#[test]
fn a_killed_apply_leaves_before_or_after() {
    let desk = filled();
    let begun = Instant::now();
    let ran = Ran::of(desk.program(&APPLY).spawn().unwrap());
    let whole = begun.elapsed();
    assert_eq!(ran.code, 0, "{ran:?}");
    desk.json(&["sync", "rollback", "--tenant", "prod", "--yes"]);
    let mut before = plan(&desk);
    assert_eq!(before.0, "changes");
    let (mut untouched, mut done) = (0, 0);
    for number in 0..KILLS {
        // One random moment in each part of the time that a whole apply takes, with a little more at its end.
        let part = whole.mul_f64(1.2) / KILLS;
        let moment = part * number + part.mul_f64(random());
        let mut child = desk.program(&APPLY).spawn().unwrap();
        std::thread::sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        let now = settled(&desk, &before);
        if now == before {
            untouched += 1;
            continue;
        }
        assert_eq!(now.0, "nothing", "killed after {moment:?}");
        done += 1;
        desk.json(&["sync", "rollback", "--tenant", "prod", "--yes"]);
        before = plan(&desk);
        assert_eq!(before.0, "changes");
    }
    assert_eq!(untouched + done, KILLS);
    assert!(untouched > 0, "no kill came early enough");
    assert_eq!(desk.run(&APPLY).code, 0);
    assert_eq!(plan(&desk).0, "nothing");
}

/// What is there once the database has noticed the death: PostgreSQL finishes a COMMIT that was on its way.
fn settled(desk: &Desk, before: &(String, String)) -> (String, String) {
    let now = plan(desk);
    if now != *before || !crate::support::db::is_postgres() {
        return now;
    }
    std::thread::sleep(Duration::from_millis(200));
    plan(desk)
}

/// From 0 to 1; which one is of no importance.
fn random() -> f64 {
    let bytes = *keyway::ids::EventId::new().0.as_bytes();
    f64::from(u16::from_be_bytes([bytes[14], bytes[15]])) / f64::from(u16::MAX)
}
