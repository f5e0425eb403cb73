//! The description of the API, generated from the handlers and the route table, and a page that shows it offline.

use std::sync::Arc;
use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Path;
use handlebars::Handlebars;
use serde_json::Value;
use serde_json::json;
use utoipa::OpenApi as _;
use utoipa::PartialSchema as _;

use crate::error::Error;
use crate::error::Result;
use crate::web::respond::Problem;
use crate::web::respond::WrongField;
use crate::web::routes::Access;
use crate::web::routes::BodySize;
use crate::web::routes::Documented;
use crate::web::routes::ROUTES;
use crate::web::routes::Route;

const TITLE: &str = "Keyway API";
const PAGE: &str = include_str!("../../templates/docs.hbs");
const START: &str = "window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, \
                     validatorUrl: null, presets: [SwaggerUIBundle.presets.apis] });\n";
/// Swagger UI sets styles on its elements and draws its icons from `data:`.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                           connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/openapi.json`
pub async fn document() -> HttpResponse {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| description().to_string());
    HttpResponse::Ok().content_type("application/json").body(text.as_str())
}

/// `/docs`
pub async fn docs() -> Result<HttpResponse> {
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    let page = templates.render_template(PAGE, &json!({ "title": TITLE })).map_err(Error::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .body(page))
}

/// `/docs/{file}`: what the page loads.
pub async fn docs_file(file: Path<String>) -> Result<HttpResponse> {
    if file.as_str() == "start.js" {
        return Ok(HttpResponse::Ok().content_type("text/javascript").body(START));
    }
    let unknown = || Error::not_found("file", file.as_str());
    let is_asset = [".js", ".css", ".png"].iter().any(|end| file.ends_with(end));
    let config = Arc::new(utoipa_swagger_ui::Config::from("/openapi.json"));
    let asset = if is_asset { utoipa_swagger_ui::serve(&file, config) } else { Ok(None) };
    let asset = asset.map_err(|error| Error::bug(error.to_string()))?.ok_or_else(unknown)?;
    let mut answer = HttpResponse::Ok();
    answer.content_type(asset.content_type);
    if asset.gzpipped {
        answer.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(answer.body(asset.bytes.into_owned()))
}

/// The whole description (OpenAPI 3.1).
///
/// Handlers say what they take and what success looks like; what every route has in common (who may come, headers,
/// problems) is added here from the table, so it is written once and cannot be forgotten.
#[must_use]
pub fn description() -> Value {
    let mut api = serde_json::to_value(Documented::openapi()).unwrap_or_default();
    api["info"] = json!({
        "title": TITLE,
        "version": env!("CARGO_PKG_VERSION"),
        "description": include_str!("openapi.md"),
        "license": { "name": "MIT", "identifier": "MIT" },
    });
    api["servers"] = json!([{ "url": "/" }]);
    api["components"]["securitySchemes"]["bearer"] = json!({
        "type": "http",
        "scheme": "bearer",
        "description": "An API key (`kwk_…`) or the token of a session (`kws_…`).",
    });
    api["components"]["schemas"]["Problem"] = serde_json::to_value(Problem::schema()).unwrap_or_default();
    api["components"]["schemas"]["WrongField"] = serde_json::to_value(WrongField::schema()).unwrap_or_default();
    for (status, name, text) in PROBLEMS {
        api["components"]["responses"][name] = problem_response(*status, text);
    }
    for route in ROUTES.iter().filter(|route| route.is_api) {
        let operation = &mut api["paths"][route.path][route.method.to_ascii_lowercase()];
        if operation.is_object() {
            complete(route, operation);
        }
    }
    api
}

/// Every problem that a route may answer.
const PROBLEMS: &[(u16, &str, &str)] = &[
    (400, "Malformed", "The request cannot be read."),
    (401, "Unauthenticated", "No session and no API key, or one that is not valid."),
    (403, "Forbidden", "The caller may not do this."),
    (404, "NotFound", "It does not exist, or belongs to another tenant."),
    (409, "Conflict", "It contradicts what exists."),
    (412, "VersionMismatch", "It was changed since `If-Match` was read."),
    (413, "TooLarge", "The body is too large."),
    (415, "UnsupportedMedia", "The body is not of a media type that is taken here."),
    (422, "Invalid", "The request is understood, but a rule refuses it."),
    (429, "RateLimited", "Too many requests or attempts; `Retry-After` says how long to wait."),
    (500, "Internal", "Something went wrong on the server; it has been logged under `request_id`."),
    (502, "Upstream", "A third party failed."),
    (503, "Unavailable", "The server cannot work just now; try again."),
];

fn problem_response(status: u16, text: &str) -> Value {
    let mut response = json!({
        "description": text,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    if status == 401 {
        response["headers"]["WWW-Authenticate"] = json!({ "schema": { "type": "string", "example": "Bearer" } });
    }
    if status == 429 {
        let seconds = json!({ "type": "integer", "minimum": 1 });
        response["headers"]["Retry-After"] = json!({ "description": "Seconds.", "schema": seconds });
        let rates = [
            ("RateLimit-Limit", "Requests in a minute."),
            ("RateLimit-Remaining", "Requests that are left now."),
            ("RateLimit-Reset", "Seconds until all of them are there again."),
        ];
        for (name, text) in rates {
            let count = json!({ "type": "integer", "minimum": 0 });
            response["headers"][name] = json!({ "description": text, "schema": count });
        }
    }
    response
}

fn complete(route: &Route, operation: &mut Value) {
    operation["operationId"] = json!(route.name);
    let has_body = operation.get("requestBody").is_some();
    let mut statuses = vec![400, 500, 503];
    if has_body {
        statuses.extend([413, 415, 422]);
    }
    if route.path.contains('{') {
        statuses.push(404);
    }
    if route.access == Access::Public {
        operation["security"] = json!([]);
    } else {
        operation["security"] = json!([{ "bearer": [] }]);
        statuses.extend([401, 403]);
        // Routes that find out themselves who asks are not counted.
        statuses.extend((!route.asks_itself).then_some(429));
    }
    if let Access::Member(permissions) = route.access {
        statuses.push(404);
        add_needs(operation, permissions);
        add_header(operation, "Keyway-Tenant", "The tenant's key. Needed by people with several tenants.", 64);
        match route.method {
            _ if route.size == BodySize::Passed => {}
            "POST" => {
                // With a key, the body is read even where none is asked for.
                statuses.extend([409, 413, 422]);
                let text = "Any text. A repeated call with the same key gets the first one's answer.";
                add_header(operation, "Idempotency-Key", text, 255);
            }
            "PUT" | "PATCH" | "DELETE" => statuses.extend([409, 412]),
            _ => {}
        }
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, name, _) in PROBLEMS {
        let status_text = status.to_string();
        // The handler may say more of a problem than all problems have in common.
        if responses.get(&status_text).is_some_and(|own| own["content"].is_object()) {
            continue;
        }
        // A handler names the statuses that only it answers; what they hold is the same everywhere.
        if statuses.contains(status) || responses.contains_key(&status_text) {
            responses.insert(status_text, json!({ "$ref": format!("#/components/responses/{name}") }));
        }
    }
}

fn add_needs(operation: &mut Value, permissions: &[crate::model::actor::Permission]) {
    if permissions.is_empty() {
        return;
    }
    let words: Vec<_> = permissions.iter().map(|permission| format!("`{permission}`")).collect();
    let before = operation["description"].as_str().map(|text| format!("{text}\n\n")).unwrap_or_default();
    operation["description"] = json!(format!("{before}Needs {}.", words.join(" and ")));
}

fn add_header(operation: &mut Value, name: &str, text: &str, max: usize) {
    if !operation["parameters"].is_array() {
        operation["parameters"] = json!([]);
    }
    let schema = json!({ "type": "string", "minLength": 1, "maxLength": max });
    if let Some(parameters) = operation["parameters"].as_array_mut() {
        parameters
            .push(json!({ "name": name, "in": "header", "required": false, "description": text, "schema": schema }));
    }
}
