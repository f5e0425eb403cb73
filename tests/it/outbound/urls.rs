//! The corpus of addresses in `tests/fixtures/urls`, through the parser, the guard and the client.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use keyway::model::http::Unanswered;
use keyway::outbound::client::Client;
use keyway::outbound::client::Options;
use keyway::outbound::guard::Guard;
use keyway::outbound::resolver::Lookup;
use url::Url;

use crate::outbound::Names;
use crate::outbound::ask;
use crate::outbound::refused;

const MIN_FORMS: usize = 300;

fn lines(file: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/urls").join(file);
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.map(|line| line.split_once(' ').unwrap_or_else(|| panic!("{file}: {line}")));
    pairs.map(|(first, rest)| (first.replace('_', " "), rest.trim_start().to_owned())).collect()
}

fn names() -> Arc<Names> {
    let mut names = Names::default();
    for (name, addresses) in lines("names.txt") {
        names.add(&name.replace(' ', "_"), &[&addresses]);
    }
    Arc::new(names)
}

/// Characters that a line cannot show stand as `<TAB>` and the like.
fn decoded(text: &str) -> String {
    [("<TAB>", "\t"), ("<LF>", "\n"), ("<CR>", "\r"), ("<NUL>", "\0"), ("<SP>", " "), ("<EMPTY>", "")]
        .iter()
        .fold(text.to_owned(), |text, (shown, meant)| text.replace(shown, meant))
}

/// `ok`, `unparsable`, or the refusal.
async fn verdict(guard: &Guard, names: &Names, text: &str) -> String {
    let Ok(url) = Url::parse(&decoded(text)) else { return "unparsable".to_owned() };
    if let Err(refusal) = guard.admit(&url) {
        return refusal.message;
    }
    if let Some(name) = url.domain() {
        let found = names.lookup(name).await.unwrap_or_else(|_| panic!("{text}: names.txt does not know {name}"));
        if let Err(refusal) = guard.admit_addresses(name, &found) {
            return refusal.message;
        }
    }
    "ok".to_owned()
}

#[actix_web::test]
async fn each_form_of_an_address_is_met_as_what_it_means() {
    let (guard, names) = (Guard::default(), names());
    let forms = [lines("allowed.txt"), lines("refused.txt")].concat();
    assert!(forms.len() >= MIN_FORMS, "{}", forms.len());
    let mut wrong = Vec::new();
    for (wanted, text) in forms {
        let found = verdict(&guard, &names, &text).await;
        if !found.contains(&wanted) || (wanted == "ok") != (found == "ok") {
            wrong.push(format!("{text}: {found}, not {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The client says the same as the guard, and says it without a connection.
#[actix_web::test]
async fn what_is_refused_is_refused_before_anything_is_sent() {
    let client = Client::with_lookup(Options { timeout: Duration::from_secs(5), ..Options::default() }, names());
    let begun = Instant::now();
    for (wanted, text) in lines("refused.txt") {
        let Ok(url) = Url::parse(&decoded(&text)) else { continue };
        match refused(ask(&client, url).await) {
            Unanswered::Refused(why) => assert!(why.contains(&wanted), "{text}: {why}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "somebody was called");
}
