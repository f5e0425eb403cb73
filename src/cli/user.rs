//! `keyway users`: people, and their roles in a tenant.

use clap::Subcommand;
use serde::Serialize;

use super::DONE;
use super::args::roles;
use super::context::Context;
use super::output::Face;
use super::output::Tone;
use super::table::Cell;
use super::table::fields;
use super::table::moment;
use super::table::table;
use super::table::toned;
use crate::app::user::NewUser;
use crate::app::user::UserChange;
use crate::error::Error;
use crate::error::Result;
use crate::ids::UserId;
use crate::model::actor::Actor;
use crate::model::actor::Role;
use crate::model::page::PageRequest;
use crate::model::user::Member;

/// Items read at a time; lists show all.
const PAGE: usize = 500;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a person with a role in the tenant; the generated password is shown once.
    Create {
        email: String,
        /// What the person may do; each role can do all that the ones before it can.
        #[arg(long, value_parser = roles())]
        role: Role,
        /// Default: what stands before the @.
        #[arg(long)]
        name: Option<String>,
    },
    /// List the people who have a role in the tenant.
    List,
    /// Show one person.
    Show { user: String },
    /// Give a person another role in the tenant.
    Role {
        /// E-mail address or id.
        user: String,
        #[arg(value_parser = roles())]
        role: Role,
    },
    /// Keep a person from signing in, in every tenant; ends their sessions.
    Disable { user: String },
    /// Let a person sign in again.
    Enable { user: String },
    /// Take a person's role in the tenant away.
    Remove { user: String },
}

/// What a creation answers to programs.
#[derive(Serialize)]
struct Created {
    #[serde(flatten)]
    user: Member,
    /// `false`: the person existed already and was given the role only.
    is_new: bool,
    /// The generated password; shown once.
    password: Option<String>,
}

pub(super) async fn execute(command: Command, context: &mut Context<'_>) -> Result<u8> {
    let actor = context.actor().await?;
    match command {
        Command::Create { email, role, name } => create(context, actor, email, role, name).await?,
        Command::List => {
            let members = all(context, actor).await?;
            let keyway = context.keyway();
            let when_empty = format!("Nobody has a role here. Make one: {keyway} users create EMAIL --role owner");
            context.output.show_list(&members, &when_empty, list)?;
        }
        Command::Show { user } => {
            let member = find(context, actor, &user).await?;
            context.output.show(&member, one)?;
        }
        Command::Role { user, role } => {
            let change = UserChange { role: Some(role), ..UserChange::default() };
            change_user(context, actor, &user, change).await?;
        }
        Command::Disable { user } => {
            let change = UserChange { is_disabled: Some(true), ..UserChange::default() };
            change_user(context, actor, &user, change).await?;
        }
        Command::Enable { user } => {
            let change = UserChange { is_disabled: Some(false), ..UserChange::default() };
            change_user(context, actor, &user, change).await?;
        }
        Command::Remove { user } => {
            let member = find(context, actor.clone(), &user).await?;
            context.app.remove_user(actor, member.user.id).await?;
            context.output.done(format_args!("{} has no role here any more", member.user.email));
            context.output.show(&serde_json::json!({ "removed": { "id": member.user.id } }), |_, _| String::new())?;
        }
    }
    Ok(DONE)
}

async fn create(
    context: &mut Context<'_>,
    actor: Actor,
    email: String,
    role: Role,
    name: Option<String>,
) -> Result<()> {
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    let created = context.app.create_user(actor, NewUser { email, name, password: None, role }).await?;
    let email = &created.member.user.email;
    if created.is_new {
        context.output.done(format_args!("made {email}, {role}; the password is shown this once"));
    } else {
        context.output.done(format_args!("{email} was known already and is {role} here now; the password stays"));
    }
    let password = created.password.as_ref().map(|password| password.as_str().to_owned());
    let answer = Created { user: created.member, is_new: created.is_new, password };
    context.output.show(&answer, |answer, face| {
        let password = answer.password.iter().map(|password| ("password", toned(password, Tone::Strong)));
        fields(face, rows(&answer.user).into_iter().chain(password))
    })
}

async fn change_user(context: &mut Context<'_>, actor: Actor, user: &str, change: UserChange) -> Result<()> {
    let member = find(context, actor.clone(), user).await?;
    let member = context.app.update_user(actor, member.user.id, change).await?;
    context.output.done(format_args!("changed {}", member.user.email));
    context.output.show(&member, one)
}

/// By id or e-mail address.
async fn find(context: &Context<'_>, actor: Actor, user: &str) -> Result<Member> {
    if let Ok(id) = user.parse::<UserId>() {
        return context.app.get_user(actor, id).await;
    }
    let members = all(context, actor).await?;
    let found = members.into_iter().find(|member| member.user.email.eq_ignore_ascii_case(user));
    found.ok_or_else(|| Error::not_found("user", user))
}

async fn all(context: &Context<'_>, actor: Actor) -> Result<Vec<Member>> {
    let mut page = PageRequest::first(PAGE);
    let mut members = Vec::new();
    loop {
        let found = context.app.list_users(actor.clone(), page).await?;
        members.extend(found.items);
        let Some(next) = found.next else { return Ok(members) };
        page = PageRequest { limit: PAGE, after: Some(next) };
    }
}

fn state(member: &Member) -> Cell {
    if member.user.is_disabled { toned("disabled", Tone::Bad) } else { toned("active", Tone::Good) }
}

fn list(members: &[Member], face: Face) -> String {
    let rows = members.iter().map(|member| {
        [
            toned(&member.user.email, Tone::Strong),
            Cell::from(&member.user.name),
            member.role.as_str().into(),
            state(member),
            toned(member.user.id.to_string(), Tone::Dim),
        ]
    });
    table(face, ["E-MAIL", "NAME", "ROLE", "STATUS", "ID"], rows)
}

fn one(member: &Member, face: Face) -> String {
    fields(face, rows(member))
}

fn rows(member: &Member) -> Vec<(&'static str, Cell)> {
    vec![
        ("e-mail", toned(&member.user.email, Tone::Strong)),
        ("name", Cell::from(&member.user.name)),
        ("role", member.role.as_str().into()),
        ("status", state(member)),
        ("id", member.user.id.to_string().into()),
        ("created", moment(member.user.created_at).into()),
    ]
}
