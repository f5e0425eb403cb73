//! The one way out: where requests go, what goes along, and how much of an answer is taken. Each refusal has a control
//! with the rule open, which arrives.

mod limits;
mod redirects;
mod resolution;
mod stream;
mod urls;

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use keyway::model::http::Method;
use keyway::model::http::Reply;
use keyway::model::http::Request;
use keyway::model::http::Unanswered;
use keyway::outbound::client::Client;
use keyway::outbound::client::Options;
use keyway::outbound::client::Redirects;
use keyway::outbound::client::Rules;
use keyway::outbound::guard::Guard;
use keyway::outbound::guard::Places;
use keyway::outbound::resolver::Looking;
use keyway::outbound::resolver::Lookup;
use url::Url;

const CANARY: &str = "CANARY-5ecret";

/// A client that may call these networks, with its patience shortened.
fn client(networks: &[&str]) -> Client {
    Client::new(options(networks, &[]))
}

fn options(networks: &[&str], hosts: &[&str]) -> Options {
    let allow = Places {
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
    };
    let guard = Guard { allow, ..Guard::default() };
    Options { guard, connect_timeout: Duration::from_secs(2), timeout: Duration::from_secs(5) }
}

/// One that may call this machine.
fn open() -> Client {
    client(&["127.0.0.0/8", "::1/128"])
}

fn get(url: Url) -> Request {
    Request::new(Method::Get, url)
}

async fn ask(client: &Client, url: Url) -> Result<Reply, Unanswered> {
    client.send(get(url), Rules::default()).await
}

fn following(max: u8) -> Rules {
    Rules { redirects: Redirects::Checked { max }, ..Rules::default() }
}

/// What is wrong; fails when there is a reply. (A reply has no `Debug`, because it may hold secrets.)
#[track_caller]
fn refused<T>(answer: Result<T, Unanswered>) -> Unanswered {
    let Err(why) = answer else { panic!("a reply where none should be") };
    why
}

/// Names of the tests. Each answer of a name is given once, and the last one again and again.
#[derive(Default)]
struct Names {
    answers: HashMap<String, Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Names {
    /// `answers`: addresses separated by spaces, one text for each lookup.
    fn of(name: &str, answers: &[&str]) -> Arc<Self> {
        let mut names = Self::default();
        names.add(name, answers);
        Arc::new(names)
    }

    fn add(&mut self, name: &str, answers: &[&str]) {
        let read = |answer: &&str| answer.split_whitespace().map(|text| text.parse().unwrap()).collect();
        self.answers.insert(name.to_owned(), answers.iter().map(read).collect());
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Lookup for Names {
    fn lookup(&self, name: &str) -> Looking {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let answers = self.answers.get(name.trim_end_matches('.'));
        let found = answers.and_then(|answers| answers.get(turn).or(answers.last())).cloned();
        Box::pin(async move { found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such name")) })
    }
}
