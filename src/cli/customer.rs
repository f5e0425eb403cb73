//! `keyway customers`: whom credentials belong to.

use clap::Subcommand;

use super::DONE;
use super::context::Context;
use super::output::Face;
use super::output::Tone;
use super::table::Cell;
use super::table::fields;
use super::table::moment;
use super::table::table;
use super::table::toned;
use crate::app::customer::NewCustomer;
use crate::error::Result;
use crate::model::page::PageRequest;
use crate::model::user::Customer;
use crate::model::user::CustomerFilter;

/// Items read at a time; lists show all.
const PAGE: usize = 500;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a customer known, by your own id of it.
    Create {
        external_id: String,
        /// What people call it; default: the id.
        #[arg(long)]
        name: Option<String>,
    },
    /// List the customers.
    List {
        /// Part of the name or of the id.
        #[arg(long)]
        text: Option<String>,
    },
    /// Show one customer, by your own id of it.
    Show { customer: String },
}

pub(super) async fn execute(command: Command, context: &mut Context<'_>) -> Result<u8> {
    let actor = context.actor().await?;
    match command {
        Command::Create { external_id, name } => {
            let customer = context.app.create_customer(actor, NewCustomer { external_id, name }).await?;
            context.output.done(format_args!("made the customer {}", customer.external_id));
            context.output.show(&customer, one)?;
            let (keyway, id) = (context.keyway(), &customer.external_id);
            context.output.hint(format_args!("next: {keyway} credentials create CONNECTION --customer {id}"));
        }
        Command::List { text } => {
            let filter = CustomerFilter { search: text, external_id: None };
            let mut page = PageRequest::first(PAGE);
            let mut customers: Vec<Customer> = Vec::new();
            loop {
                let found = context.app.list_customers(actor.clone(), filter.clone(), page).await?;
                customers.extend(found.items);
                let Some(next) = found.next else { break };
                page = PageRequest { limit: PAGE, after: Some(next) };
            }
            let keyway = context.keyway();
            let when_empty = format!("No customers here. Make one: {keyway} customers create YOUR-ID-OF-IT");
            context.output.show_list(&customers, &when_empty, list)?;
        }
        Command::Show { customer } => {
            let customer = context.app.get_customer(actor, &customer).await?;
            context.output.show(&customer, one)?;
        }
    }
    Ok(DONE)
}

fn list(customers: &[Customer], face: Face) -> String {
    let rows = customers.iter().map(|customer| {
        [
            toned(&customer.external_id, Tone::Strong),
            Cell::from(&customer.name),
            moment(customer.created_at).into(),
            toned(customer.id.to_string(), Tone::Dim),
        ]
    });
    table(face, ["CUSTOMER", "NAME", "CREATED (UTC)", "ID"], rows)
}

fn one(customer: &Customer, face: Face) -> String {
    let rows = [
        ("customer", toned(&customer.external_id, Tone::Strong)),
        ("name", Cell::from(&customer.name)),
        ("id", customer.id.to_string().into()),
        ("created", moment(customer.created_at).into()),
    ];
    fields(face, rows)
}
