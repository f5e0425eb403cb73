//! The vendor's customers: credentials have them as owners.

use serde_json::json;

use crate::app::App;
use crate::error::Error;
use crate::error::Result;
use crate::ids::CustomerId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::audit::Event;
use crate::model::page::Page;
use crate::model::page::PageRequest;
use crate::model::user::Customer;
use crate::model::user::CustomerFilter;
use crate::model::user::label_error;
use crate::store;

/// A customer to be made.
#[derive(Debug, Clone)]
pub struct NewCustomer {
    /// The vendor's own id.
    pub external_id: String,
    /// Absent: the external id.
    pub name: Option<String>,
}

impl App {
    /// # Errors
    /// `forbidden`, `invalid_fields`, `customer_exists`.
    pub async fn create_customer(&self, actor: Actor, new: NewCustomer) -> Result<Customer> {
        actor.require(Permission::CustomersWrite)?;
        let now = self.clock().now();
        let name = new.name.unwrap_or_else(|| new.external_id.clone());
        let wrong = [label_error("external_id", &new.external_id, 120), label_error("name", &name, 120)];
        if let Some(error) = Error::of_fields(wrong.into_iter().flatten().collect()) {
            return Err(error);
        }
        let customer = Customer {
            id: CustomerId::new(),
            external_id: new.external_id.trim().to_owned(),
            name: name.trim().to_owned(),
            created_at: now,
        };
        self.store()
            .write(move |tx| {
                if store::customer::find_by_external_id(tx, actor.tenant.id, &customer.external_id)?.is_some() {
                    return Err(exists(&customer.external_id));
                }
                store::customer::insert(tx, actor.tenant.id, &customer).map_err(|error| match error.code {
                    // Somebody else made it between the look and the insert.
                    "already_exists" => exists(&customer.external_id).because(error),
                    _ => error,
                })?;
                let event = Event::new("customer.created", &customer.external_id, json!({ "name": customer.name }));
                store::audit::append(tx, Some(actor.tenant.id), &actor.name(), &event, now)?;
                Ok(customer)
            })
            .await
    }

    /// # Errors
    /// `forbidden`.
    pub async fn list_customers(
        &self,
        actor: Actor,
        filter: CustomerFilter,
        page: PageRequest<CustomerId>,
    ) -> Result<Page<Customer, CustomerId>> {
        actor.require(Permission::CustomersRead)?;
        self.store().read(move |c| store::customer::list(c, actor.tenant.id, &filter, &page)).await
    }

    /// A customer by Keyway's id or by the vendor's.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn get_customer(&self, actor: Actor, id_or_external_id: &str) -> Result<Customer> {
        actor.require(Permission::CustomersRead)?;
        let id = id_or_external_id.to_owned();
        self.store().read(move |c| store::customer::get(c, actor.tenant.id, &id)).await
    }
}

fn exists(external_id: &str) -> Error {
    Error::conflict("customer_exists", format!("a customer with the external id `{external_id}` exists already"))
}
