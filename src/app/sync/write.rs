//! A plan's writes on the database, batched: ten thousand new integrations are a handful of statements.

use std::collections::HashMap;
use std::collections::HashSet;

use serde::Serialize;

use crate::app::App;
use crate::clock::Instant;
use crate::error::Error;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::ids::SyncRunId;
use crate::ids::TenantId;
use crate::ids::VersionId;
use crate::model::actor::Actor;
use crate::model::connection::Connection;
use crate::model::connection::HistoryEntry;
use crate::model::integration::Integration;
use crate::model::integration::Slot;
use crate::model::integration::Version;
use crate::model::sync::Pin;
use crate::model::sync::Write;
use crate::store;
use crate::store::conn::Conn;

mod connections;
mod integrations;
mod kept;

use kept::Kept;

/// Which way a run goes.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    /// What is deleted is kept, so that it can be brought back.
    Forward,
    /// What the run deleted comes back.
    Back,
}

/// Executes writes in one transaction.
pub(super) struct Writer<'a> {
    app: &'a App,
    actor: &'a Actor,
    now: Instant,
    /// The run that prunes, or the run whose pruned rows come back.
    run: SyncRunId,
    direction: Direction,
    /// What the writer itself makes, put into the database in batches.
    connections: Vec<Connection>,
    integrations: Vec<Integration>,
    versions: Vec<Version>,
    slots: Vec<(VersionId, Slot)>,
    history: Vec<(ConnectionId, HistoryEntry)>,
    /// What this run deletes: nouns with their content.
    pruned: Vec<(&'static str, String)>,
    /// What the run deleted, when it is taken back.
    kept: Kept,
    /// The connections that are there when integrations come back.
    there: Option<HashSet<ConnectionId>>,
    /// Current keys and aliases, as they are after the writes so far.
    keys: HashMap<String, ConnectionId>,
    existing: HashMap<String, Integration>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        (app, actor): (&'a App, &'a Actor),
        tx: &mut Conn,
        run: SyncRunId,
        (now, direction): (Instant, Direction),
    ) -> Result<Self> {
        let tenant = actor.tenant.id;
        let kept = match direction {
            Direction::Forward => Kept::default(),
            Direction::Back => Kept::read(tx, (tenant, run), now)?,
        };
        let keys = store::connection::key::list(tx, tenant)?.into_iter().map(|(key, id, _)| (key, id)).collect();
        let existing = store::integration::list(tx, tenant, None, None, i64::MAX)?;
        Ok(Self {
            app,
            actor,
            now,
            run,
            direction,
            connections: Vec::new(),
            integrations: Vec::new(),
            versions: Vec::new(),
            slots: Vec::new(),
            history: Vec::new(),
            pruned: Vec::new(),
            kept,
            there: None,
            keys,
            existing: existing.into_iter().map(|found| (found.key.clone(), found)).collect(),
        })
    }

    fn tenant(&self) -> TenantId {
        self.actor.tenant.id
    }

    /// Does all of them, in order. Answers with what was deleted and is to be kept: nouns with their content.
    pub(super) fn run(mut self, tx: &mut Conn, writes: Vec<Write>) -> Result<Vec<(&'static str, String)>> {
        for write in writes {
            // What later writes look at must be in the database.
            if !matches!(write, Write::CreatePlaceholder { .. } | Write::PutIntegration { .. }) {
                self.flush(tx)?;
            }
            match write {
                Write::PinComponent { key, pin } => self.pin(tx, &key, &pin)?,
                Write::UnpinComponent { key } => store::component::delete_pin(tx, self.tenant(), &key)?,
                Write::CreatePlaceholder { key, content } => self.create(&key, content)?,
                Write::RenameConnection { from, to } => self.rename(tx, &from, &to)?,
                Write::UpdateConnection { key, values } => self.update(tx, &key, values)?,
                Write::RestoreConnection { from, key, content, wanted_by } => {
                    self.restore(tx, (from.as_deref(), &key), content, &wanted_by)?;
                }
                Write::PutIntegration { key, content } => self.put(tx, key, content)?,
                Write::DeleteIntegration { key } => self.delete(tx, &key)?,
                Write::DeleteConnection { key } => self.prune(tx, &key)?,
            }
        }
        self.flush(tx)?;
        Ok(self.pruned)
    }

    fn flush(&mut self, tx: &mut Conn) -> Result<()> {
        let tenant = self.tenant();
        store::connection::insert_all(tx, tenant, &std::mem::take(&mut self.connections))?;
        let (integrations, versions) = (std::mem::take(&mut self.integrations), std::mem::take(&mut self.versions));
        store::integration::insert_all(tx, tenant, &integrations, &versions)?;
        store::slot::insert_all(tx, tenant, &std::mem::take(&mut self.slots))?;
        store::history::append_all(tx, tenant, &std::mem::take(&mut self.history))
    }

    /// Keeps something that this run deletes.
    fn keep(&mut self, noun: &'static str, content: &impl Serialize) -> Result<()> {
        if let Direction::Forward = self.direction {
            self.pruned.push((noun, serde_json::to_string(content).map_err(Error::internal)?));
        }
        Ok(())
    }

    fn pin(&mut self, tx: &mut Conn, key: &str, pin: &Pin) -> Result<()> {
        if store::component::find_manifest(tx, key, pin)?.is_none() {
            let entry = self.app.catalog().get(key).filter(|entry| entry.digest == pin.digest);
            let entry = entry.ok_or_else(|| Error::bug(format!("{key} version {} is not known here", pin.version)))?;
            self.app.keep(tx, &entry, self.now)?;
        }
        store::component::set_pin(tx, self.tenant(), key, pin, self.now)
    }
}
