//! A data folder and a database for one test, and the commands on them.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;

use keyway::cli::Output;
use keyway::config::Sources;
use keyway::store::Database;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::db::TestDb;

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: u8,
    pub answer: String,
    pub note: String,
}

/// A server process that ends with the test.
pub struct Server(pub Child);

pub struct Desk {
    pub folder: TempDir,
    environment: Vec<(String, String)>,
    _db: Option<Arc<TestDb>>,
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs a command within this process.
pub fn run(args: &[&str], environment: &[(&str, &str)]) -> Ran {
    let (answers, notes) = (Captured::default(), Captured::default());
    let mut output = Output::new(answers.clone(), notes.clone());
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let args = std::iter::once("keyway").chain(args.iter().copied()).map(Into::into);
    let code = keyway::cli::run_with(args, |file| Ok(Sources { file, environment }), &mut output);
    Ran { code, answer: answers.text(), note: notes.text() }
}

impl Desk {
    /// On the database that `TEST_DB` chooses.
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let db = runtime.block_on(TestDb::new());
        let mut desk = Self::embedded();
        match db.options().database {
            Database::Sqlite(path) => drop(std::fs::copy(path, desk.path("keyway.db")).unwrap()),
            Database::Postgres(url) => {
                desk.environment.push(("KEYWAY_DATABASE_URL".to_owned(), url.0));
                desk.environment.push(("KEYWAY_VAULT__KEY".to_owned(), KEY.to_owned()));
            }
        }
        desk._db = Some(Arc::new(db));
        desk
    }

    /// On the database of a running deployment with this key.
    pub fn on(db: Arc<TestDb>, key: &str) -> Self {
        let url = match db.options().database {
            Database::Sqlite(path) => format!("sqlite:{}", path.display()),
            Database::Postgres(url) => url.0,
        };
        let desk = Self::embedded().with("KEYWAY_DATABASE_URL", &url).with("KEYWAY_VAULT__KEY", key);
        Self { _db: Some(db), ..desk }
    }

    /// With one more variable of the environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs a command from within an asynchronous test: it has a runtime of its own.
    pub fn aside(&self, args: &[&str]) -> Ran {
        std::thread::scope(|scope| scope.spawn(|| self.run(args)).join().unwrap())
    }

    /// The one document of such a command, which must succeed.
    pub fn json_aside(&self, args: &[&str]) -> Value {
        std::thread::scope(|scope| scope.spawn(|| self.json(args)).join().unwrap())
    }

    /// On the embedded database, with an empty data folder.
    pub fn embedded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap().to_owned();
        let environment = vec![("KEYWAY_DATA_DIR".to_owned(), data), ("USER".to_owned(), "ann".to_owned())];
        Self { folder, environment, _db: None }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file; its path, for an argument.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[])
    }

    pub fn run_with(&self, args: &[&str], more: &[(&str, &str)]) -> Ran {
        let own = self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let environment: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
        run(args, &environment)
    }

    /// The one document of a command that must succeed.
    pub fn json(&self, args: &[&str]) -> Value {
        let ran = self.run(&[args, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
        serde_json::from_str(&ran.answer).unwrap_or_else(|error| panic!("{args:?}: {error}: {}", ran.answer))
    }

    /// The stable word of a command that must fail.
    pub fn refusal(&self, args: &[&str]) -> String {
        let ran = self.run(&[args, &["--json"]].concat());
        assert_eq!(ran.code, 1, "{args:?}: {ran:?}");
        let document: Value = serde_json::from_str(&ran.answer).unwrap();
        document["error"]["code"].as_str().unwrap().to_owned()
    }

    /// The program itself, with these arguments and nothing of this process's environment.
    pub fn program(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyway"));
        command.env_clear().envs(self.environment.iter().cloned()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program itself with a text on its standard input.
    pub fn process(&self, args: &[&str], input: &str) -> Ran {
        let mut child = self.program(args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::of(child)
    }

    /// A server that has its port.
    pub fn serve(&self) -> Server {
        let mut child =
            self.program(&["serve", "--listen", "127.0.0.1:0", "--json"]).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let last = lines.find(|line| line.as_ref().unwrap() == "}");
        assert!(last.is_some(), "the server did not start");
        Server(child)
    }
}

impl Ran {
    pub fn of(child: Child) -> Self {
        let done = child.wait_with_output().unwrap();
        Self {
            code: u8::try_from(done.status.code().unwrap()).unwrap(),
            answer: String::from_utf8(done.stdout).unwrap(),
            note: String::from_utf8(done.stderr).unwrap(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Every file of a folder holds nothing of this text.
pub fn assert_nowhere(folder: &Path, text: &str) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let is_there = bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!is_there, "{} holds it", path.display());
    }
}

/// Ids and moments differ from run to run.
pub fn masked(text: &str) -> String {
    let ids = regex::Regex::new(r"(ten|con|crd|cus|usr|key|evt|lnk|run|int)_[0-9a-f]{32}").unwrap();
    let moments = regex::Regex::new(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}").unwrap();
    let links = regex::Regex::new(r"/connect/[0-9a-f]{64}").unwrap();
    let callbacks = regex::Regex::new(r"/oauth/callback/[0-9a-f]{32}").unwrap();
    let text = ids.replace_all(text, "${1}_00000000000000000000000000000000");
    let text = links.replace_all(&text, "/connect/[token]");
    let text = callbacks.replace_all(&text, "/oauth/callback/00000000000000000000000000000000");
    moments.replace_all(&text, "2026-01-01 00:00").into_owned()
}
