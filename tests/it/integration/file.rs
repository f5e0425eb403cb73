//! Lists, versions, and files as they go in and come out.

use keyway::model::actor::Permission;
use keyway::model::actor::Role;
use serde_json::json;

use crate::support::TestApp;
use crate::support::definition::Variable;
use crate::support::definition::definition;
use crate::support::definition::fixture;
use crate::support::definition::import;

#[actix_web::test]
async fn what_comes_out_goes_in_again_as_the_same() {
    let t = TestApp::start().await;
    t.tenant("prod", true).await;
    let builder = t.user(Role::Builder).await;
    let other = t.user_in("prod", Role::Builder).await;
    for name in ["inline", "scoped", "secrets", "unknown", "data_sources", "code_native"] {
        let report = import(&builder, "", &fixture(name)).await.must_be(201).json();
        let path = format!("/api/v1/integrations/{}/definition", report["integration"]["key"].as_str().unwrap());
        let file = builder.get(&path).await.must_be(200);
        assert_eq!(file.header("content-type"), "application/yaml");
        // An input that neither its manifest nor its name gives away as a secret is kept, with a warning.
        let kept = ["PLANTED-complex", "PLANTED-item", "PLANTED-known-elsewhere"];
        let is_unknown = |line: &str| kept.iter().any(|text| line.contains(text));
        let planted: Vec<_> = file.body.lines().filter(|line| line.contains("PLANTED") && !is_unknown(line)).collect();
        assert!(planted.is_empty(), "{name}: {planted:?}");
        import(&other, "", &file.body).await.must_be(201);
        assert_eq!(other.get(&path).await.must_be(200).body, file.body, "{name}");
        assert_eq!(builder.get(&format!("{path}?number=0")).await.must_be(200).body, file.body);
        builder.get(&format!("{path}?number=7")).await.must_be(404);
    }
}

#[actix_web::test]
async fn a_draft_is_published_when_every_slot_has_a_connection() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    import(&builder, "", &definition("Notes", &[("Chat", Variable::Inline("slack", "oauth2", "{}"))]))
        .await
        .must_be(201);
    let shown = builder.get("/api/v1/integrations/notes").await.must_be(200);
    assert_eq!((shown.text("/published_number"), shown.text("/has_unpublished_changes")), ("0".into(), "true".into()));
    assert_eq!(shown.json()["steps"][0]["connections"], json!({ "connection": "Chat" }));

    let stale = builder.with("If-Match", "\"99\"").post("/api/v1/integrations/notes/publish", json!({})).await;
    assert_eq!(stale.must_be(412).text("/code"), "version_mismatch");
    let etag = shown.header("etag").to_owned();
    let published = builder.with("If-Match", &etag).post("/api/v1/integrations/notes/publish", json!({})).await;
    assert_eq!(published.must_be(200).text("/published_number"), "1");
    // Published as it is already.
    let again = builder.post("/api/v1/integrations/notes/publish", json!({})).await.must_be(200);
    assert_eq!(again.text("/published_number"), "1");
    let more = definition(
        "Notes",
        &[("Chat", Variable::Inline("slack", "oauth2", "{}")), ("More", Variable::Inline("slack", "oauth2", "{}"))],
    );
    import(&builder, "", &more).await.must_be(200);
    builder.post("/api/v1/integrations/notes/publish", json!({})).await.must_be(200);
    let versions = builder.get("/api/v1/integrations/notes/versions").await.must_be(200).json();
    let numbers: Vec<_> =
        versions["items"].as_array().unwrap().iter().map(|version| version["number"].clone()).collect();
    assert_eq!(numbers, [json!(0), json!(2), json!(1)]);
    let old = builder.get("/api/v1/integrations/notes/definition?number=1").await.must_be(200);
    assert!(!old.body.contains("More"));

    builder.with("If-Match", "\"1\"").delete("/api/v1/integrations/notes").await.must_be(412);
    builder.delete("/api/v1/integrations/notes").await.must_be(204);
    builder.get("/api/v1/integrations/notes").await.must_be(404);
}

#[actix_web::test]
async fn lists_are_read_page_by_page_and_searched() {
    let t = TestApp::start().await;
    t.tenant("prod", true).await;
    let builder = t.user(Role::Builder).await;
    for name in ["Delta", "Alpha", "Charlie", "Bravo 100%"] {
        import(&builder, "", &definition(name, &[])).await.must_be(201);
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/integrations?limit=3".to_owned();
    loop {
        let page = builder.get(&path).await.must_be(200).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/integrations?limit=3&cursor={cursor}");
    }
    assert_eq!(seen, ["alpha", "bravo-100", "charlie", "delta"]);
    let found = builder.get("/api/v1/integrations?search=0%25").await.must_be(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let other = t.user_in("prod", Role::Viewer).await;
    assert_eq!(other.get("/api/v1/integrations").await.must_be(200).json()["items"], json!([]));
    other.get("/api/v1/integrations/alpha").await.must_be(404);
}

#[actix_web::test]
async fn an_integration_may_be_called_as_a_path_ends() {
    let t = TestApp::start().await;
    let builder = t.user(Role::Builder).await;
    for name in ["import", "check"] {
        import(&builder, "", &definition(name, &[])).await.must_be(201);
        builder.get(&format!("/api/v1/integrations/{name}")).await.must_be(200);
        builder.delete(&format!("/api/v1/integrations/{name}")).await.must_be(204);
    }
}

#[actix_web::test]
async fn bodies_that_are_no_definitions_are_refused() {
    let t = TestApp::start_with(|options| options.import_limit_bytes = 2000).await;
    let key = t.api_key(&[Permission::IntegrationsWrite]).await;
    let path = "/api/v1/integrations/import";
    let refused = key.raw("POST", path, Some(("application/json", b"{}".to_vec()))).await.must_be(415);
    assert_eq!(refused.text("/code"), "unsupported_media_type");
    let refused = key.raw("POST", path, Some(("application/yaml", vec![b'a', 0xff]))).await.must_be(400);
    assert_eq!(refused.text("/code"), "not_utf8");
    key.raw("POST", path, Some(("text/plain", vec![b'a'; 3000]))).await.must_be(413);
    key.raw("POST", path, Some(("text/plain", Vec::new()))).await.must_be(422);
    key.raw("POST", path, Some(("text/plain", b"name: \"\\0\"\ndefinitionVersion: 7\nflows: []".to_vec())))
        .await
        .must_be(422);
    key.get("/api/v1/integrations").await.must_be(403);
    t.anonymous().raw("POST", path, Some(("text/plain", Vec::new()))).await.must_be(401);
}
