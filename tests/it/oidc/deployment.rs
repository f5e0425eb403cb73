//! Processes of the real program on one database, which can be killed, halted, stopped and started again.

use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::ExitStatus;

use serde_json::Value;

use crate::cli::desk::Desk;

pub struct Deployment {
    desk: Desk,
    environment: Vec<(&'static str, String)>,
    nodes: Vec<Node>,
}

pub struct Node {
    child: Child,
    pub url: String,
}

impl Deployment {
    /// A tenant `dev`, and no process yet.
    pub fn new(environment: Vec<(&'static str, String)>) -> Self {
        let desk = Desk::new();
        assert_eq!(desk.run(&["tenants", "create", "dev"]).code, 0);
        Self { desk, environment, nodes: Vec::new() }
    }

    /// An API key of `dev`.
    pub fn api_key(&self, scopes: &[&str]) -> String {
        let key = ["--tenant", "dev", "api-keys", "create", "--name", "all"];
        let scopes: Vec<&str> = scopes.iter().flat_map(|scope| ["--scope", scope]).collect();
        self.desk.json(&[&key[..], &scopes].concat())["key"].as_str().unwrap().to_owned()
    }

    /// Starts one more process.
    pub fn add(&mut self) {
        let node = self.start();
        self.nodes.push(node);
    }

    /// Starts the process again that was killed or stopped.
    pub fn restart(&mut self, number: usize) {
        self.nodes[number] = self.start();
    }

    fn start(&self) -> Node {
        let mut program = self.desk.program(&["serve", "--listen", "127.0.0.1:0", "--json"]);
        program.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut child = program.stderr(log).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut text: String = lines.take_while(|line| line != "}").collect();
        text.push('}');
        let started: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no server: {}", self.logged()));
        Node { child, url: started["url"].as_str().unwrap().to_owned() }
    }

    fn log(&self) -> std::path::PathBuf {
        self.desk.path("server.log")
    }

    /// What the processes logged, for whoever has to find out why a test failed.
    pub fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.url.clone()).collect()
    }

    /// As a crash does.
    pub fn kill(&mut self, number: usize) {
        let child = &mut self.nodes[number].child;
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Sends a signal such as `-STOP`.
    pub fn signal(&self, number: usize, signal: &str) {
        let id = self.nodes[number].child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Whether and how a process ended.
    pub fn ended(&mut self, number: usize) -> Option<ExitStatus> {
        self.nodes[number].child.try_wait().unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
