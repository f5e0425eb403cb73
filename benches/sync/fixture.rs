//! Believable tenants of any size: connections of five providers, each used by an integration of its own.

use anyhow::Context as _;
use anyhow::Result;
use keyway::app::catalog::Catalog;
use keyway::clock::Clock;
use keyway::ids::CredentialId;
use keyway::ids::TenantId;
use keyway::model::connection::Connection;
use keyway::model::connection::Scope;
use keyway::model::credential::Credential;
use keyway::model::credential::Owner;
use keyway::model::credential::StoredStatus;
use keyway::model::sync::ConnectionContent;
use keyway::model::sync::InputContent;
use keyway::model::sync::IntegrationContent;
use keyway::model::sync::Pin;
use keyway::model::sync::SlotContent;
use keyway::model::sync::Snapshot;
use keyway::model::values::Inputs;
use keyway::model::values::Stored;
use keyway::store;
use keyway::store::conn::Conn;
use serde_json::Value;
use serde_json::json;

struct Provider {
    component: &'static str,
    connection_type: &'static str,
    /// Input and value, the same in every tenant.
    shared: &'static [(&'static str, &'static str)],
    /// Inputs that each tenant sets for itself.
    local: &'static [&'static str],
    secret: &'static str,
}

const PROVIDERS: [Provider; 5] = [
    Provider {
        component: "slack",
        connection_type: "oauth2",
        shared: &[("scopes", "chat:write chat:write.public channels:read users:read")],
        local: &["client_id"],
        secret: "client_secret",
    },
    Provider {
        component: "aws-s3",
        connection_type: "api_key_secret",
        shared: &[("region", "eu-central-1")],
        local: &["access_key_id"],
        secret: "secret_access_key",
    },
    Provider {
        component: "shopify",
        connection_type: "oauth2",
        shared: &[("scopes", "read_products,write_orders")],
        local: &["client_id", "shop"],
        secret: "client_secret",
    },
    Provider {
        component: "postgres",
        connection_type: "postgres",
        shared: &[("database", "orders")],
        local: &["host", "username"],
        secret: "password",
    },
    Provider {
        component: "http",
        connection_type: "api_key",
        shared: &[("header", "X-Api-Key"), ("test_path", "/health")],
        local: &["base_url"],
        secret: "api_key",
    },
];

fn provider(n: usize) -> &'static Provider {
    &PROVIDERS[n % PROVIDERS.len()]
}

fn connection_key(n: usize) -> String {
    let Provider { component, connection_type, .. } = provider(n);
    format!("{component}-{}-{n}", connection_type.replace('_', "-"))
}

/// `size` connections and as many integrations: every second one published, every second one with two slots, every
/// tenth connection renamed once.
pub fn snapshot(size: usize) -> Result<Snapshot> {
    let catalog = Catalog::new(None);
    let mut snapshot = Snapshot::default();
    for Provider { component, .. } in &PROVIDERS {
        let entry = catalog.get(component).with_context(|| format!("no manifest of {component}"))?;
        let pin = Pin { version: entry.component.version, digest: entry.digest.clone() };
        snapshot.components.insert((*component).to_owned(), pin);
    }
    for n in 0..size {
        snapshot.connections.insert(connection_key(n), connection(n));
        snapshot.integrations.insert(format!("order-pipeline-{n}"), integration(n, size));
    }
    Ok(snapshot)
}

fn connection(n: usize) -> ConnectionContent {
    let provider = provider(n);
    let shared = provider.shared.iter().map(|(input, value)| {
        ((*input).to_owned(), InputContent { value: Some(Value::from(*value)), managed_by: None, shared: Some(true) })
    });
    ConnectionContent {
        label: format!("{} of shop {n}", provider.component),
        description: n.is_multiple_of(3).then(|| "Asks for the least that the flows need".to_owned()),
        component: provider.component.to_owned(),
        connection_type: provider.connection_type.to_owned(),
        scope: Scope::ALL[n % 3],
        is_enabled: true,
        is_embedded: n.is_multiple_of(7),
        aliases: n.is_multiple_of(10).then(|| format!("old-{}", connection_key(n))).into_iter().collect(),
        inputs: shared.collect(),
    }
}

fn integration(n: usize, size: usize) -> IntegrationContent {
    let mut content = IntegrationContent {
        name: format!("Order pipeline {n}"),
        description: None,
        is_published: n.is_multiple_of(2),
        definition: "".into(),
        digest: String::new(),
        slots: [("Source Connection".to_owned(), slot(n))].into(),
    };
    if n % 2 == 1 {
        content.slots.insert("Notification Connection".to_owned(), slot((n + 1) % size));
    }
    content.set_definition(&definition(n, size));
    content
}

fn slot(n: usize) -> SlotContent {
    let Provider { component, connection_type, .. } = provider(n);
    SlotContent {
        component: Some((*component).to_owned()),
        connection_type: Some((*connection_type).to_owned()),
        scope: Some(Scope::ALL[n % 3]),
        stable_key: Some(connection_key(n)),
        required_scopes: if *component == "slack" { ["chat:write".to_owned()].into() } else { Default::default() },
    }
}

/// 1.5 to 2 KB of compact JSON.
fn definition(n: usize, size: usize) -> Value {
    let step = |name: &str, component: &str, action: &str, input: &str| {
        json!({
            "action": { "key": action, "component": { "isPublic": true, "key": component, "version": "LATEST" } },
            "description": "",
            "inputs": {
                "connection": { "type": "configVar", "value": "Source Connection" },
                input: { "type": "reference", "value": format!("{name}.results.{n}") },
            },
            "name": name,
        })
    };
    let component = provider(n).component;
    let variable = |name: &str, n: usize| json!({ "key": name, "stableKey": connection_key(n), "useScopedConfigVar": connection_key(n) });
    let mut variables = vec![
        variable("Source Connection", n),
        json!({ "key": "Folder", "dataType": "string", "defaultValue": format!("/orders/{n}"), "orgOnly": false }),
    ];
    if n % 2 == 1 {
        variables.push(variable("Notification Connection", (n + 1) % size));
    }
    json!({
        "name": format!("Order pipeline {n}"),
        "description": "Reads new orders, keeps a copy of each and tells the team.",
        "category": "Orders",
        "definitionVersion": 7,
        "isSynchronous": n.is_multiple_of(4),
        "labels": ["orders", format!("shop-{n}")],
        "endpointType": "flow_specific",
        "requiredConfigVars": variables,
        "configPages": [{ "name": "Configuration", "tagline": "", "elements": [
            { "type": "configVar", "value": "Source Connection" },
            { "type": "configVar", "value": "Folder" },
        ] }],
        "flows": [{
            "name": "New orders",
            "description": "Runs every five minutes; what was read is remembered between runs.",
            "endpointSecurityType": "customer_optional",
            "isSynchronous": false,
            "steps": [
                step("Schedule", "schedule-triggers", "schedule", "cron"),
                step("List orders", component, "listOrders", "since"),
                step("Keep a copy", component, "putObject", "path"),
                step("Tell the team", component, "postMessage", "message"),
            ],
        }],
    })
}

/// Gives every connection of a tenant what its people would enter: local values, secrets for one in three, test and
/// organization credentials for one in five. In one transaction. A sync never opens what is sealed, so random bytes of
/// the usual length stand for it.
pub fn fill(c: &mut Conn, tenant: TenantId, name: &str) -> Result<()> {
    let mut all = store::connection::list_all(c, tenant)?;
    all.sort_by_key(|connection| connection.id);
    let now = Clock::System.now();
    for (n, connection) in all.iter_mut().enumerate() {
        enter(connection, n, name);
        store::connection::update(c, tenant, connection, now)?;
        if n % 5 == 0 {
            let owner = if connection.scope == Scope::OrganizationGlobal { Owner::Organization } else { Owner::Test };
            store::credential::insert(c, tenant, &credential(connection, owner))?;
        }
    }
    Ok(())
}

fn enter(connection: &mut Connection, n: usize, tenant: &str) {
    connection.is_placeholder = false;
    let Some(provider) = PROVIDERS.iter().find(|provider| provider.component == connection.component) else { return };
    for input in provider.local {
        let stored = Stored { value: Some(format!("{input}-{n}.{tenant}.example").into()), ..Stored::default() };
        connection.inputs.insert((*input).to_owned(), stored);
    }
    if n.is_multiple_of(3) {
        let bound_to = vec![format!("https://{tenant}.example.com")];
        let secret = Stored { secret: true, bound_to, ..Stored::default() };
        connection.inputs.insert(provider.secret.to_owned(), secret);
        connection.sealed = Some(vec![0xA5; 120]);
    }
}

fn credential(connection: &Connection, owner: Owner) -> Credential {
    let mut inputs = Inputs::new();
    inputs.insert("token".to_owned(), Stored { secret: true, ..Stored::default() });
    Credential {
        id: CredentialId::new(),
        connection_id: connection.id,
        owner,
        name: "default".to_owned(),
        inputs,
        sealed: Some(vec![0x5A; 120]),
        status: StoredStatus::Active,
        version: 1,
        created_at: connection.created_at,
        updated_at: connection.created_at,
    }
}
