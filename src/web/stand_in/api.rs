//! The stand-in's API: a shop and its orders, for whoever shows an access token or the API key.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use url::form_urlencoded;

use crate::app::demo::shop::API_KEY;
use crate::crypto::is_same;
use crate::web::access::bearer;
use crate::web::stand_in::book::Book;

const SHOP: &str = "Lindner & Sons";

#[derive(Serialize)]
struct Order {
    number: u32,
    status: &'static str,
    customer: &'static str,
    placed_at: &'static str,
    total: &'static str,
    currency: &'static str,
    items: &'static [Item],
}

#[derive(Serialize)]
struct Item {
    sku: &'static str,
    name: &'static str,
    quantity: u32,
}

const ORDERS: &[Order] = &[
    Order {
        number: 1042,
        status: "open",
        customer: "Mara Okafor",
        placed_at: "2026-11-20T09:14:00Z",
        total: "129.00",
        currency: "EUR",
        items: &[Item { sku: "LAMP-02", name: "Desk lamp, brass", quantity: 1 }],
    },
    Order {
        number: 1041,
        status: "open",
        customer: "Jonas Lindqvist",
        placed_at: "2026-11-19T16:40:00Z",
        total: "58.50",
        currency: "EUR",
        items: &[
            Item { sku: "MUG-11", name: "Stoneware mug", quantity: 3 },
            Item { sku: "TEA-04", name: "Assam, 250 g", quantity: 1 },
        ],
    },
    Order {
        number: 1040,
        status: "shipped",
        customer: "Priya Raman",
        placed_at: "2026-11-18T11:02:00Z",
        total: "349.00",
        currency: "EUR",
        items: &[Item { sku: "CHAIR-07", name: "Oak chair", quantity: 2 }],
    },
];

/// `GET /api/me`
pub(super) async fn me(book: Data<Book>, req: HttpRequest) -> HttpResponse {
    match admitted(&book, &req, "read_shop") {
        Ok(()) => HttpResponse::Ok().json(json!({ "shop": SHOP, "plan": "demo", "orders": ORDERS.len() })),
        Err(refusal) => *refusal,
    }
}

/// `GET /api/orders?status=open`; `all`, or absent: all.
pub(super) async fn orders(book: Data<Book>, req: HttpRequest) -> HttpResponse {
    if let Err(refusal) = admitted(&book, &req, "read_orders") {
        return *refusal;
    }
    let query: BTreeMap<_, _> = form_urlencoded::parse(req.query_string().as_bytes()).into_owned().collect();
    let status = query.get("status").filter(|status| *status != "all");
    let found: Vec<&Order> = ORDERS.iter().filter(|order| status.is_none_or(|s| order.status == s)).collect();
    HttpResponse::Ok().json(json!({ "count": found.len(), "orders": found }))
}

/// `GET /api/orders/{number}`
pub(super) async fn order(book: Data<Book>, req: HttpRequest, number: Path<String>) -> HttpResponse {
    if let Err(refusal) = admitted(&book, &req, "read_orders") {
        return *refusal;
    }
    match ORDERS.iter().find(|order| order.number.to_string() == *number) {
        Some(order) => HttpResponse::Ok().json(order),
        None => HttpResponse::NotFound().json(problem("not_found", "there is no order of this number")),
    }
}

/// Whoever shows the API key may do all; an access token what its scopes say (RFC 6750 section 3.1).
fn admitted(book: &Book, req: &HttpRequest, scope: &str) -> Result<(), Box<HttpResponse>> {
    let key = req.headers().get("x-api-key").map(|key| key.as_bytes());
    if key.is_some_and(|key| is_same(key, API_KEY.as_bytes())) {
        return Ok(());
    }
    let told = |mut answer: actix_web::HttpResponseBuilder, code: &str, why: &str| {
        let challenge = format!("Bearer realm=\"Demo shop\", error=\"{code}\"");
        Box::new(answer.insert_header((header::WWW_AUTHENTICATE, challenge)).json(problem(code, why)))
    };
    match bearer(req.headers()).and_then(|token| book.scopes_of(token)) {
        Some(scopes) if scopes.contains(scope) => Ok(()),
        Some(_) => Err(told(HttpResponse::Forbidden(), "insufficient_scope", "the token does not allow this")),
        None => Err(told(HttpResponse::Unauthorized(), "invalid_token", "no good token or API key was shown")),
    }
}

fn problem(code: &str, why: &str) -> Value {
    json!({ "error": code, "error_description": why })
}
