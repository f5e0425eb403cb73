//! How and when tokens are renewed.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;
use serde_json::json;

use crate::model::oauth::ask::Traded;
use crate::model::oauth::renew::Renewal;
use crate::model::oauth::renew::due_at;
use crate::model::oauth::renew::renewal;
use crate::model::oauth::tests::auth;
use crate::model::oauth::tests::code_auth;
use crate::model::oauth::tests::now;
use crate::model::token::TokenSet;

fn tokens(refresh: bool, lifetime_s: i64) -> TokenSet {
    TokenSet {
        access_token: "at".to_owned().into(),
        refresh_token: refresh.then(|| "rt".to_owned().into()),
        expires_at: Some(now() + TimeDelta::seconds(lifetime_s)),
        ..TokenSet::default()
    }
}

#[test]
fn each_kind_is_renewed_in_its_way() {
    let step = json!({ "url": "https://a.example/r" });
    let machine = |more: Value| {
        let mut value = json!({ "kind": "oauth2_client_credentials", "token_url": "https://a.example/t" });
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        auth(value)
    };
    let (token, access) = (Renewal::Trade(Traded::RefreshToken), Renewal::Trade(Traded::AccessToken));
    for (auth, with_refresh_token, without) in [
        (code_auth(json!({})), token, Renewal::Never),
        (code_auth(json!({ "refresh": { "by": "access_token" } })), access, access),
        (code_auth(json!({ "refresh": { "by": "never" } })), Renewal::Never, Renewal::Never),
        (code_auth(json!({ "refresh": { "by": "repeat" } })), Renewal::Never, Renewal::Never),
        (code_auth(json!({ "refresh": { "request": step } })), Renewal::Step, Renewal::Step),
        (machine(json!({})), token, Renewal::Repeat),
        (machine(json!({ "refresh": { "by": "repeat" } })), Renewal::Repeat, Renewal::Repeat),
        (auth(json!({ "kind": "token_exchange", "steps": [step] })), Renewal::Repeat, Renewal::Repeat),
        (auth(json!({ "kind": "token_exchange", "steps": [step], "refresh": step })), Renewal::Step, Renewal::Step),
        (auth(json!({ "kind": "oauth1", "authorize_url": "https://a.example" })), Renewal::Never, Renewal::Never),
        (auth(json!({ "kind": "basic" })), Renewal::Never, Renewal::Never),
    ] {
        assert_eq!(renewal(&auth, &tokens(true, 60)), with_refresh_token, "{auth:?}");
        assert_eq!(renewal(&auth, &tokens(false, 60)), without, "{auth:?}");
    }
}

#[test]
fn tokens_are_due_before_their_end_and_not_all_the_time() {
    let early = Duration::from_secs(300);
    let due = |auth: Value, lifetime_s: i64, jitter: f64| {
        let at = due_at(&code_auth(auth), &tokens(true, lifetime_s), now(), early, jitter)?;
        Some((at - now()).num_seconds())
    };
    assert_eq!(due(json!({}), 3600, 0.0), Some(3300));
    assert_eq!(due(json!({}), 3600, 1.0), Some(3225));
    assert_eq!(due(json!({}), 3600, 9.0), Some(3225));
    assert_eq!(due(json!({}), 100, 0.0), Some(50));
    assert_eq!(due(json!({}), -5, 0.0), Some(-5));
    assert_eq!(due(json!({ "refresh": { "early_s": 60 } }), 3600, 0.0), Some(3540));
    assert_eq!(due(json!({ "refresh": { "early_s": u64::MAX } }), 3600, 0.5), Some(1800));
    assert_eq!(due(json!({ "refresh": { "by": "never" } }), 3600, 0.0), None);
    assert_eq!(due_at(&code_auth(json!({})), &TokenSet::default(), now(), early, 0.0), None);
}
