//! Callbacks: odd parameters, forms, and the URLs that they are shared by.

use serde_json::json;

use super::Stage;

#[actix_web::test]
async fn odd_callbacks_never_break_the_server() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let back = stage.until_back(&stage.customer_link(&key).await, &[]).await;
    let (path, query) = back.split_once('?').unwrap();
    let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
    let long = "x".repeat(9000);
    let mut odd: Vec<String> = [
        "",
        "?",
        "=",
        "&&&",
        "state",
        "state=",
        "state=%",
        "state=%00",
        "state=%ff%fe",
        "state=a&state=b",
        "code=x",
        "code=x&state=",
        "error=access_denied",
        "error=x&state=y",
        "state[]=a",
        "state=..%2f..%2f",
        "state=%F0%9F%92%A9",
        "state=' OR 1=1--",
        "state=<script>",
        "state=${7*7}",
        "state={{7*7}}",
        "iss=x",
        "code=%0d%0aSet-Cookie:a=b&state=x",
        "state=null",
        "state=0",
        "state=-1",
        "state=undefined",
        "state=true",
        "state=1e309",
        "STATE=x&CODE=y",
        "%73tate=x",
        "state=a;code=b",
        "state=a%26code=b",
        "response=x.y.z",
        "id_token=x",
        "access_token=x&state=y",
    ]
    .iter()
    .map(|text| (*text).to_owned())
    .collect();
    odd.extend([format!("state={long}"), format!("code={long}&state=x"), format!("{long}=x"), "a=b&".repeat(2000)]);
    // With a state that is right, each of these ends the flow; a later one finds it ended.
    for tail in [
        "",
        "&code=",
        "&code=a&code=b",
        "&code=%00",
        "&code=%0a",
        "&error=",
        "&error=a&error=b",
        "&error=%3Cscript%3E",
        "&error=access_denied&error_description=%3Cimg+src%3Dx%3E",
        "&error=x&error_description=%00",
        "&error=%ff",
        "&error=access_denied&error_uri=javascript:alert(1)",
        "&code=x&iss=https://evil.example",
        "&state=again",
        "&error=temporarily_unavailable",
        "&code[]=x",
        "&error=a%20b",
        "&error_description=only",
        "&code=x&error=y",
        "&error=login_required",
        "&error=interaction_required",
        "&error=consent_required",
        "&scope=%00",
        "&code=%ff",
    ] {
        odd.push(format!("{state}{tail}"));
    }
    assert!(odd.len() >= 60, "{}", odd.len());
    for query in &odd {
        let seen = stage.browser.get(&format!("{path}?{query}")).await;
        assert!((400..500).contains(&seen.status), "{query}: {}", seen.status);
        assert!(!seen.body.contains("<script") && !seen.body.contains("<img"), "{query}: {}", seen.body);
        let posted = stage.browser.raw(path, "application/x-www-form-urlencoded", query.clone().into_bytes()).await;
        assert!((400..500).contains(&posted.status), "posted {query}: {}", posted.status);
    }
    for (kind, body) in [
        ("application/json", b"{}".to_vec()),
        ("multipart/form-data; boundary=x", b"--x--".to_vec()),
        ("application/x-www-form-urlencoded", vec![0xff; 100]),
        ("text/plain", b"state=x".to_vec()),
        ("application/x-www-form-urlencoded", vec![b'a'; 2 * 1024 * 1024]),
    ] {
        let posted = stage.browser.raw(path, kind, body).await;
        assert!((400..500).contains(&posted.status), "{kind}: {}", posted.status);
    }
    assert!(stage.credentials().await.is_empty());
    assert!(stage.server.asked("/token").is_empty());
}

#[actix_web::test]
async fn a_form_posted_by_the_provider_goes_the_same_way() {
    let stage = Stage::start().await;
    let key = stage.connection("code", "customer").await;
    let back = stage.until_back(&stage.customer_link(&key).await, &[]).await;
    let url = url::Url::parse(&back).unwrap();
    let fields: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let path = back.split('?').next().unwrap();
    let seen = stage.browser.submit_from(&stage.server.url(), path, &fields).await.must_be(200);
    stage.browser.follow(seen).await.must_be(200);
    assert_eq!(stage.credentials().await.len(), 1);
}

#[actix_web::test]
async fn a_redirect_uri_is_one_connections_unless_they_are_one_client() {
    let stage = Stage::start().await;
    let one = stage.connection("code", "customer").await;
    let other = stage.connection("plain", "customer").await;
    let uri = async |key: &str| {
        stage.admin.get(&format!("/api/v1/connections/{key}/callback")).await.must_be(200).text("/redirect_uri")
    };
    let (first, second) = (uri(&one).await, uri(&other).await);
    assert_ne!(first, second);
    assert_eq!(uri(&one).await, first, "it stays");
    let share = async |with: serde_json::Value| {
        stage.admin.put(&format!("/api/v1/connections/{other}/callback"), json!({ "share_with": with })).await
    };
    let shared = share(json!(one)).await.must_be(200);
    assert_eq!(shared.text("/redirect_uri"), first);
    assert_eq!(shared.json()["shared_with"], json!([one]));
    // Both work by it, until they are not one client any more.
    for key in [&one, &other] {
        stage.connect(&stage.customer_link(key).await).await.must_be(200);
    }
    let change = json!({ "inputs": { "client_id": { "value": "client-2" } } });
    stage.admin.patch(&format!("/api/v1/connections/{one}"), change).await.must_be(200);
    for key in [&one, &other] {
        let refused = stage.browser.submit(&stage.customer_link(key).await, &[]).await.must_be(409);
        assert!(refused.body.contains("callback_differs"), "{}", refused.body);
    }
    assert_eq!(share(json!(one)).await.must_be(409).text("/code"), "callback_differs");
    let own = share(json!(null)).await.must_be(200).text("/redirect_uri");
    assert!(own != first && own != second);
    stage.t.tenant("other", false).await;
    let foreign = stage.t.api_key_in("other", keyway::model::actor::Permission::ALL).await;
    let theirs =
        stage.connection_of(&foreign, ("code", "customer"), &stage.server.url(), "PLANTED-client-secret").await;
    let path = format!("/api/v1/connections/{theirs}/callback");
    let refused = foreign.put(&path, json!({ "share_with": other })).await.must_be(404);
    assert_eq!(refused.text("/code"), "not_found");
}
