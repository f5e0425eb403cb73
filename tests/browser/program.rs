//! Keyway's own program with the demonstration, and the browser's driver: each a process of the test's own.

use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

/// The server, with who may sign in.
pub struct Program {
    child: Child,
    _folder: TempDir,
    pub url: String,
    pub email: String,
    pub password: String,
    pub connect_link: String,
    /// Where the stand-in for a third party answers.
    pub shop: String,
}

impl Program {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyway"));
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--json"]);
        command.env("KEYWAY_DATA_DIR", folder.path()).env_remove("KEYWAY_TENANT").current_dir(folder.path());
        if let Some(url) = database() {
            command.env("KEYWAY_DATABASE_URL", url).env("KEYWAY_VAULT__KEY", KEY);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut after = |word: &str| {
            let line = told.by_ref().find(|line| line.trim_start().starts_with(word));
            line.unwrap_or_else(|| panic!("the program ended before it said `{word}`"))
                .split_whitespace()
                .last()
                .unwrap()
                .to_owned()
        };
        let (email, password) = (after("e-mail"), after("password"));
        // Whatever it still says must not fill the pipe.
        std::thread::spawn(move || told.for_each(drop));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut text: String = lines.take_while(|line| line != "}").collect();
        text.push('}');
        let started: Value = serde_json::from_str(&text).unwrap();
        let text = |place: &str| started.pointer(place).and_then(Value::as_str).unwrap().to_owned();
        let (url, connect_link, shop) = (text("/url"), text("/demo/connect_link"), text("/demo/shop"));
        Self { child, _folder: folder, url, email, password, connect_link, shop }
    }
}

/// 32 bytes in base64.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A database of this test's own, on PostgreSQL.
fn database() -> Option<String> {
    if setting("TEST_DB").as_deref() != Some("postgres") {
        return None;
    }
    let server = setting("TEST_POSTGRES_URL").unwrap();
    let name = format!("browser_{}_{}", std::process::id(), std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos());
    let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
    let made = Command::new("psql").args([&server, "-qc", &create]).status().unwrap();
    assert!(made.success());
    let (start, _) = server.rsplit_once('/').unwrap();
    Some(format!("{start}/{name}"))
}

#[expect(clippy::disallowed_methods, reason = "scripts/test says which database")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// chromedriver, at a port that it chose itself.
pub struct Driver {
    child: Child,
    pub url: String,
}

impl Driver {
    pub fn start() -> Self {
        let started = Command::new("chromedriver").arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = started.unwrap_or_else(|error| panic!("chromedriver is missing ({error}): run scripts/test"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.by_ref().find(|line| line.contains("started successfully on port")).unwrap();
        let port: String = line.chars().filter(char::is_ascii_digit).collect();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
