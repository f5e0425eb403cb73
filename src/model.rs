//! Types and rules; no IO. One word per idea:
//!
//! * **Tenant**: an isolated environment (dev, prod, us, eu). Owns everything below.
//! * **Component**: what Keyway knows of one third party, declared in a manifest; has **connection types** with **inputs**.
//! * **Connection**: a tenant's use of one connection type, found by its **stable key** in every tenant.
//! * **Scope**: whose credentials a connection uses: `customer`, `organization_customer`, `organization_global`.
//! * **Credential**: the values of one connection for one **owner**: a customer, the organization, or the test runner.
//! * **Input**: a field of a connection type, managed by the `organization`, the `customer`, or `embedded` code.
//! * **Global value**: a value of the connection that its credentials inherit. **Shared** values travel with a sync, **local** ones stay.
//! * **Integration**: flows of steps, with **slots** that point to connections by stable key; one draft, many published versions.
//! * **Definition**: an integration as a file.
//! * **Proxy**: sends a runtime's request to a connection's base URL with its credentials; **upstream** is the third party there.
//! * **Test run**: a draft run step by step with the test runner's credentials; what it sent and got is kept, secrets masked.
//! * **Sync**: **snapshot** of a source and a target, a **plan** of what would change, **apply** of exactly that.

pub mod actor;
pub mod attempt;
pub mod attention;
pub mod audit;
pub mod brand;
pub mod budget;
pub mod caller;
pub mod component;
pub mod connection;
pub mod credential;
pub mod definition;
pub mod fill;
pub mod flow;
pub mod http;
pub mod integration;
pub mod link;
pub mod live_test;
pub mod mask;
pub mod names;
pub mod oauth;
pub mod page;
pub mod problem;
pub mod proof;
pub mod proxy;
pub mod read;
pub mod recipe;
pub mod redirect_url;
pub mod reply;
pub mod sign;
pub mod sync;
pub mod template;
pub mod tenant;
pub mod test_run;
pub mod token;
pub mod user;
pub mod values;
pub mod yaml;
