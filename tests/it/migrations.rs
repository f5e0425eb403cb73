//! The migrations of both databases are one text but for three type names, and go up, down and up again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use keyway::store::conn::Conn;
use keyway::store::migrate;

use crate::support::db::TestDb;

/// Every file of a tree by its path below it.
fn tree(database: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
    let mut files = BTreeMap::new();
    for migration in fs::read_dir(root).unwrap().map(|entry| entry.unwrap()) {
        for file in fs::read_dir(migration.path()).unwrap().map(|entry| entry.unwrap()) {
            let name = format!("{}/{}", migration.file_name().to_str().unwrap(), file.file_name().to_str().unwrap());
            files.insert(name, fs::read_to_string(file.path()).unwrap());
        }
    }
    files
}

/// What a PostgreSQL migration says on SQLite: columns, constraints, checks and indexes stay.
fn on_sqlite(text: &str) -> String {
    text.replace("UUID ", "BLOB ").replace("BYTEA", "BLOB").replace("TIMESTAMPTZ", "BIGINT")
}

#[test]
fn both_databases_have_the_same_shape() {
    let (sqlite, postgres) = (tree("sqlite"), tree("postgres"));
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&sqlite), names(&postgres));
    for (name, text) in &postgres {
        assert_eq!(on_sqlite(text), sqlite[name], "{name}");
    }
    let undone = |name: &&String| name.ends_with("up.sql") && !sqlite.contains_key(&name.replace("up.sql", "down.sql"));
    assert_eq!(sqlite.keys().find(undone), None, "each up has its down");
}

#[actix_web::test]
async fn up_down_and_up_again() {
    let db = TestDb::new().await;
    let options = db.options();
    let work = move || {
        let mut conn = Conn::open(&options).unwrap();
        migrate::revert(&mut conn).unwrap();
        migrate::run(&mut conn).unwrap();
    };
    // A thread of its own: a PostgreSQL connection is neither made nor dropped inside a runtime.
    std::thread::spawn(work).join().unwrap();
}
