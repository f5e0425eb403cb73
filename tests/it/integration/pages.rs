//! Pages of integrations as a browser sees them, without any script.

use keyway::model::actor::Role;
use serde_json::Value;
use serde_json::json;

use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::client::Client;
use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::definition::import;

/// `notes` with one slot and two steps, and a second connection of Slack.
struct World {
    t: TestApp,
    api: Client,
    browser: Browser,
}

/// With the signs of addresses as they are.
fn plain(page: &str) -> String {
    page.replace("&#x3D;", "=").replace("&amp;", "&")
}

impl World {
    async fn start() -> Self {
        let t = TestApp::start().await;
        let api = t.user(Role::Admin).await;
        let chat = || Variable::Inline("slack", "oauth2", "{}");
        import(&api, "", &definition("Other", &[("A", chat()), ("B", chat())])).await.must_be(201);
        let text = definition("Notes", &[("Chat", chat())]);
        let second = "      - name: Tell\n        action: { key: postMessage, component: { key: slack } }\n        inputs: { connection: { type: configVar, value: Chat }, text: { type: template, value: 'Got {{$useChat.results.ok}}' } }\n";
        import(&api, "", &(text + second)).await.must_be(201);
        let browser = t.browser_in("dev", Role::Builder).await;
        Self { t, api, browser }
    }

    fn url(&self, rest: &str) -> String {
        format!("{}/t/dev/integrations{rest}", self.t.url())
    }

    async fn page(&self, rest: &str) -> String {
        plain(&self.browser.get(&self.url(rest)).await.must_be(200).body)
    }

    async fn version(&self) -> String {
        self.api.get("/api/v1/integrations/notes").await.must_be(200).text("/version")
    }

    /// Sends a form of the designer with the version of now, and follows where it leads.
    async fn act(&self, fields: &[(&str, &str)]) -> String {
        let version = self.version().await;
        let all = [&[("version", version.as_str())], fields].concat();
        let answer = self.browser.submit(&self.url("/notes/designer"), &all).await.must_be(303);
        plain(&self.browser.follow(answer).await.must_be(200).body)
    }

    async fn design(&self) -> Value {
        self.api.get("/api/v1/integrations/notes/design").await.must_be(200).json()
    }
}

#[actix_web::test]
async fn a_step_is_built_without_any_script() {
    let w = World::start().await;
    let list = w.page("?q=note&slots=bound").await;
    assert!(list.contains("/t/dev/integrations/notes/designer") && !list.contains("/t/dev/integrations/other/"));
    assert!(w.page("?status=published").await.contains("No integration fits"));
    let page = w.page("/notes/designer").await;
    assert!(page.contains("Use Chat") && page.contains("add=after&at=Main+%2F+Tell"), "{page}");
    let add = "/notes/designer?flow=Main&add=after&at=Main+%2F+Tell";
    assert!(w.page(&format!("{add}&search=slack")).await.contains("component=slack"));
    assert!(w.page(&format!("{add}&component=slack")).await.contains("action=post_message"));
    let last = w.page(&format!("{add}&component=slack&action=post_message")).await;
    assert!(
        last.contains("slack-oauth2-b") && last.contains("/t/dev/components/slack/connections/new?return_to="),
        "{last}"
    );
    // A connection that was made on the way is chosen.
    let made = w.api.get("/api/v1/connections/slack-oauth2-b").await.must_be(200).text("/id");
    let back = w.page(&format!("{add}&component=slack&action=post_message&connection={made}")).await;
    let checked = back.split("name=\"connection\"").find(|part| part.contains(" checked")).unwrap();
    assert!(checked.contains(&made));

    let fields = [
        ("op", "step_add"),
        ("flow", "Main"),
        ("add", "after"),
        ("at", "Main / Tell"),
        ("component", "slack"),
        ("action", "post_message"),
        ("name", "Say"),
        ("connection", &made),
    ];
    let page = w.act(&fields).await;
    assert!(
        page.contains("The step was added.") && page.contains("id=\"step-name\" name=\"name\" value=\"Say\""),
        "{page}"
    );
    let design = w.design().await;
    assert_eq!(design["connections"].as_array().unwrap().len(), 2, "the other connection got a slot of its own");

    let save = [
        ("op", "step_save"),
        ("flow", "Main"),
        ("step", "Main / Say"),
        ("name", "Say hello"),
        ("form.text", "value"),
        ("text.text", "Hello\r\nyou"),
        ("was_form.text", "value"),
        ("was_text.text", ""),
    ];
    assert!(w.act(&save).await.contains("The step was saved."));
    let step = &w.design().await["flows"][0]["steps"][2];
    assert_eq!((&step["path"], &step["inputs"][1]["text"]), (&json!("Main / Say hello"), &json!("Hello\nyou")));
    let up =
        [("op", "step_move"), ("flow", "Main"), ("step", "Main / Say hello"), ("add", "before"), ("at", "Main / Tell")];
    assert!(w.act(&up).await.contains("The step was moved."));
    let ask = w.page("/notes/designer?step=Main+%2F+Use+Chat&show=remove").await;
    assert!(ask.contains("Got {{$useChat.results.ok}}") && ask.contains("Main / Tell"));
    let page = w.act(&[("op", "step_remove"), ("flow", "Main"), ("step", "Main / Use Chat")]).await;
    assert!(page.contains("The step was removed.") && page.contains("refer to steps that are not there"), "{page}");
}

#[actix_web::test]
async fn what_is_typed_wrong_is_kept_with_its_reason() {
    let w = World::start().await;
    let version = w.version().await;
    let url = w.url("/notes/designer");
    let typed = [
        ("op", "step_save"),
        ("version", version.as_str()),
        ("flow", "Main"),
        ("step", "Main / Tell"),
        ("name", "Use Chat"),
        ("form.extra", "structure"),
        ("text.extra", "a: ["),
        ("was_form.extra", "value"),
        ("was_text.extra", ""),
    ];
    let page = w.browser.submit(&url, &typed).await.must_be(422).body;
    assert!(page.contains("id=\"step-name-error\"") && page.contains("aria-invalid=\"true\""), "{page}");
    assert!(page.contains("value=\"Use Chat\"") && page.contains("a: ["));
    let typed: Vec<_> = typed.iter().map(|(k, v)| (*k, if *k == "name" { "Tell" } else { *v })).collect();
    let page = w.browser.submit(&url, &typed).await.must_be(422).body;
    assert!(page.contains("a: [") && page.contains("-error\">line"), "{page}");
    let none =
        [("op", "step_switch"), ("version", version.as_str()), ("step", "Main / Tell"), ("switch", "connection")];
    assert!(w.browser.submit(&url, &none).await.must_be(422).body.contains("choose a connection first"));
    w.browser.submit(&url, &[("op", "step_add")]).await.must_be(400);
    w.browser.submit(&url, &[("op", "explode"), ("version", "1")]).await.must_be(400);
}

#[actix_web::test]
async fn the_second_of_two_people_sees_what_the_first_did_and_loses_nothing() {
    let w = World::start().await;
    let seen = w.version().await;
    let other = json!({ "edit": { "operation": "change_step", "path": "Main / Tell", "inputs": {
        "text": { "form": "value", "text": "Theirs" }, "channel": { "form": "value", "text": "C1" },
    } } });
    w.api.post("/api/v1/integrations/notes/edits", other).await.must_be(200);
    let typed = [
        ("op", "step_save"),
        ("version", seen.as_str()),
        ("flow", "Main"),
        ("step", "Main / Tell"),
        ("name", "Tell"),
        ("form.text", "value"),
        ("text.text", "Mine"),
        ("was_form.text", "template"),
        ("was_text.text", "Got {{$useChat.results.ok}}"),
        ("form.channel", "value"),
        ("text.channel", ""),
        ("was_form.channel", "value"),
        ("was_text.channel", ""),
    ];
    let url = w.url("/notes/designer");
    let page = w.browser.submit(&url, &typed).await.must_be(412).body;
    assert!(page.contains("admin@example.com") && page.contains("changed the draft"), "{page}");
    assert!(page.contains("\nMine</textarea>") && page.contains("<code>Theirs</code>"), "{page}");
    // What only they touched is theirs, and sending the form again leaves it so.
    assert!(page.contains("name=\"text.channel\" value=\"C1\""), "{page}");
    let now = w.version().await;
    let again: Vec<_> =
        typed.iter().map(|(name, value)| (*name, if *name == "version" { now.as_str() } else { *value })).collect();
    w.browser.submit(&url, &again).await.must_be(303);
    let inputs = w.design().await["flows"][0]["steps"][1]["inputs"].clone();
    let text =
        |name: &str| inputs.as_array().unwrap().iter().find(|input| input["name"] == name).unwrap()["text"].clone();
    assert_eq!((text("text"), text("channel")), (json!("Mine"), json!("C1")));

    // A step that is gone: what was typed can be taken along.
    w.api
        .post(
            "/api/v1/integrations/notes/edits",
            json!({ "edit": { "operation": "remove_step", "path": "Main / Tell" } }),
        )
        .await
        .must_be(200);
    let page = w.browser.submit(&url, &again).await.must_be(412).body;
    assert!(page.contains("This step is not there any more") && page.contains("<pre>Mine</pre>"), "{page}");
    for (path, fields) in [
        ("/notes/publish", vec![]),
        ("/notes/delete", vec![]),
        ("/notes/config", vec![("slot", "Chat"), ("connection", "slack-oauth2-b")]),
    ] {
        let all = [vec![("version", seen.as_str())], fields].concat();
        let page = w.browser.submit(&w.url(path), &all).await.must_be(412).body;
        assert!(page.contains("Step removed"), "{path}: {page}");
    }
}

#[actix_web::test]
async fn one_step_or_a_whole_slot_is_switched() {
    let w = World::start().await;
    let other = w.api.get("/api/v1/connections/slack-oauth2-b").await.must_be(200).text("/id");
    let panel = w.page("/notes/designer?step=Main+%2F+Tell&switch=connection").await;
    assert!(panel.contains(&other) && panel.contains("1 other step stays"), "{panel}");
    let config = w.page("/notes/config").await;
    assert!(config.contains("slack-oauth2") && config.contains("2 steps"));
    assert!(w.page("/notes/config?slot=Chat").await.contains("Preview the change"));
    let preview = w.page(&format!("/notes/config?slot=Chat&connection={other}")).await;
    for told in
        ["<del>slack-oauth2</del>", "<ins>slack-oauth2-b</ins>", "Main / Use Chat", "Main / Tell", "Switch all steps"]
    {
        assert!(preview.contains(told), "{told}: {preview}");
    }
    assert_eq!(
        w.design().await["connections"][0]["connection"]["stable_key"],
        "slack-oauth2",
        "a preview writes nothing"
    );
    let version = w.version().await;
    let fields = [("version", version.as_str()), ("slot", "Chat"), ("connection", other.as_str())];
    let answer = w.browser.submit(&w.url("/notes/config"), &fields).await.must_be(303);
    assert!(w.browser.follow(answer).await.body.contains("All steps of the slot use the other connection now."));
    assert_eq!(w.design().await["connections"][0]["connection"]["stable_key"], "slack-oauth2-b");
    let fields = [
        ("op", "step_switch"),
        ("flow", "Main"),
        ("step", "Main / Tell"),
        ("switch", "connection"),
        ("connection", "slack-oauth2"),
    ];
    assert!(w.act(&fields).await.contains("The step uses the other connection now."));
    let design = w.design().await;
    let uses: Vec<_> = design["connections"].as_array().unwrap().iter().map(|slot| slot["used_by"].clone()).collect();
    assert_eq!(uses, [json!(["Main / Use Chat"]), json!(["Main / Tell"])]);
}

#[actix_web::test]
async fn a_file_comes_in_and_what_is_wrong_is_drawn_beside_it() {
    let w = World::start().await;
    let url = w.url("/import");
    let broken = "definitionVersion: 7\nname: Broken\nrequiredConfigVars:\n  - key: A\n    dataType: connection\n";
    let page = w.browser.submit(&url, &[("text", broken)]).await.must_be(422).body;
    assert!(page.contains("Line 4, column 10") && page.contains("<span class=\"caret\">         ^"), "{page}");
    assert!(page.contains(&format!("\n{broken}</textarea>")), "{page}");
    let good = definition("From a file", &[("Files", Variable::Inline("aws-s3", "apiKeySecret", "{}"))]);
    let page = w.browser.submit(&url, &[("text", &good), ("check", "yes")]).await.must_be(200).body;
    assert!(page.contains("would be made") && page.contains("Nothing was written"));
    w.api.get("/api/v1/integrations/from-a-file").await.must_be(404);
    let page = w.browser.upload(&url, "file", &good).await.must_be(200).body;
    assert!(page.contains("was made") && page.contains("/t/dev/connections/aws-s3-api-key-secret"), "{page}");
    w.browser.upload(&url, "file", &good).await.must_be(303);
    w.browser.raw(&url, "multipart/form-data; boundary=x", b"--x".to_vec()).await.must_be(403);

    let answer = w.browser.submit(&w.url("/new"), &[("name", "Fresh one")]).await.must_be(303);
    assert!(w.browser.follow(answer).await.body.contains("Fresh one"));
    let page = w.browser.submit(&w.url("/new"), &[("name", "Fresh one"), ("key", "")]).await.must_be(409).body;
    assert!(page.contains("id=\"key-error\"") && page.contains("value=\"Fresh one\""));
}

#[actix_web::test]
async fn drafts_are_published_compared_and_restored() {
    let w = World::start().await;
    assert!(w.page("/notes/publish").await.contains("It was never published"));
    let version = w.version().await;
    let answer = w.browser.submit(&w.url("/notes/publish"), &[("version", &version)]).await.must_be(303);
    assert!(w.browser.follow(answer).await.body.contains("Published."));
    w.act(&[("op", "step_remove"), ("step", "Main / Tell")]).await;
    assert!(w.page("/notes/publish").await.contains("Step removed"));
    let diff = w.page("/notes/versions/diff?from=1&to=0").await;
    assert!(diff.contains("Main / Tell") && diff.contains("From version 1 to the draft"));
    let version = w.version().await;
    let fields = [("version", version.as_str()), ("number", "1")];
    let answer = w.browser.submit(&w.url("/notes/versions/restore"), &fields).await.must_be(303);
    assert!(w.browser.follow(answer).await.body.contains("Main / Tell"));
    let file = w.browser.get(&w.url("/notes/definition?number=1")).await.must_be(200);
    assert!(file.header("content-disposition").contains("notes.yaml") && file.body.contains("name: Notes"));
    let version = w.version().await;
    w.browser.submit(&w.url("/notes/delete"), &[("version", &version)]).await.must_be(303);
    w.browser.get(&w.url("/notes/designer")).await.must_be(404);
}

#[actix_web::test]
async fn a_test_run_is_started_and_followed() {
    let w = World::start().await;
    assert!(w.page("/notes/test-runs").await.contains("No test run yet"));
    let answer = w.browser.submit(&w.url("/notes/test-runs"), &[("flow", "Main")]).await.must_be(303);
    let place = answer.next().unwrap();
    let mut page = w.browser.get(&place).await.must_be(200).body;
    for _ in 0..50 {
        if page.contains("data-live=\"false\"") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        page = w.browser.get(&place).await.must_be(200).body;
    }
    assert!(page.contains("Not run here") && page.contains("Use Chat"), "{page}");
    assert!(w.page("/notes/test-runs").await.contains("test-runs/run_"));
    let page = w.browser.submit(&w.url("/notes/test-runs"), &[("flow", "Nothing")]).await.must_be(422).body;
    assert!(page.contains("there is no flow"));
}

#[actix_web::test]
async fn nobody_does_here_what_they_may_not() {
    let w = World::start().await;
    w.t.tenant("other", false).await;
    let viewer = w.t.browser_in("dev", Role::Viewer).await;
    let stranger = w.t.browser_in("other", Role::Owner).await;
    let version = w.version().await;
    let (op, version) = (("op", "step_remove"), ("version", version.as_str()));
    let forms: [(&str, Vec<(&str, &str)>); 8] = [
        ("/new", vec![("name", "Mine")]),
        ("/import", vec![("text", "definitionVersion: 7\nname: Mine\nflows: []\n")]),
        ("/notes/designer", vec![op, version, ("step", "Main / Tell")]),
        ("/notes/config", vec![version, ("slot", "Chat"), ("connection", "slack-oauth2-b")]),
        ("/notes/publish", vec![version]),
        ("/notes/versions/restore", vec![version, ("number", "1")]),
        ("/notes/delete", vec![version]),
        ("/notes/test-runs", vec![]),
    ];
    for (path, fields) in &forms {
        viewer.submit(&w.url(path), fields).await.must_be(403);
        stranger.submit(&w.url(path), fields).await.must_be(404);
        w.browser.submit_across(&w.url(path), fields).await.must_be(403);
        Browser::new().submit(&w.url(path), fields).await.must_be(401);
    }
    let pages = [
        "",
        "/notes/designer",
        "/notes/config",
        "/notes/versions",
        "/notes/versions/diff",
        "/notes/publish",
        "/notes/definition",
        "/notes/test-runs",
    ];
    for path in pages {
        let page = viewer.get(&w.url(path)).await.must_be(200).body;
        for offer in
            ["op\" value=\"step", "/publish\"", "/import\"", "name=\"slot\"", "sure\"", "Run test", "add=after"]
        {
            assert!(!page.contains(offer), "{path} offers a viewer {offer}");
        }
        stranger.get(&w.url(path)).await.must_be(404);
        let away = Browser::new().get(&w.url(path)).await.must_be(303);
        assert!(away.header("location").starts_with("/sign-in?next="), "{path}");
    }
    viewer.get(&w.url("/new")).await.must_be(403);
    viewer.get(&w.url("/import")).await.must_be(403);
    // In a tenant of one's own, the object of another one is not there.
    let there = |path: &str| format!("{}/t/other/integrations{path}", w.t.url());
    for path in ["/notes/designer", "/notes/config", "/notes/versions", "/notes/test-runs", "/notes/definition"] {
        stranger.get(&there(path)).await.must_be(404);
    }
    stranger.submit(&there("/notes/designer"), &forms[2].1).await.must_be(404);
    assert_eq!(w.design().await["flows"][0]["steps"].as_array().unwrap().len(), 2);
}
