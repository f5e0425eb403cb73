//! Lists of integrations with what people look for: what is published, what is changed, and whether every slot is bound.

use crate::app::App;
use crate::app::integration::Loaded;
use crate::app::integration::show::IntegrationSummary;
use crate::error::Result;
use crate::ids::TenantId;
use crate::model::actor::Actor;
use crate::model::actor::Permission;
use crate::model::integration::DRAFT;
use crate::model::integration::Integration;
use crate::store;
use crate::store::conn::Conn;

/// What a list shows.
#[derive(Debug, Clone, Default)]
pub struct IntegrationFilter {
    /// Part of the name or key.
    pub text: Option<String>,
    pub state: Option<PublishState>,
    /// Whether every slot has a connection.
    pub is_bound: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishState {
    /// Never published.
    Draft,
    Published,
    /// Published, and the draft says something else.
    Changed,
}

/// An integration in a list.
pub struct ListedIntegration {
    pub summary: IntegrationSummary,
    pub state: PublishState,
    pub slots: usize,
    /// Slots without a connection here.
    pub open_slots: usize,
}

impl App {
    /// One page by key, after `after`.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn list_integrations_with_slots(
        &self,
        actor: Actor,
        filter: IntegrationFilter,
        after: Option<String>,
        limit: i64,
    ) -> Result<Vec<ListedIntegration>> {
        actor.require(Permission::IntegrationsRead)?;
        let app = self.clone();
        self.store()
            .read(move |c| {
                let (mut after, mut found) = (after, Vec::new());
                let most = usize::try_from(limit).unwrap_or_default();
                // How they stand is worked out, not stored: read on until the page is full.
                loop {
                    let text = filter.text.as_deref();
                    let page = store::integration::list(c, actor.tenant.id, text, after.as_deref(), limit)?;
                    let is_last = page.len() < most;
                    after = page.last().map(|integration| integration.key.clone());
                    for integration in page {
                        let listed = app.listed(c, actor.tenant.id, integration)?;
                        let is_wanted = filter.state.is_none_or(|state| state == listed.state)
                            && filter.is_bound.is_none_or(|is_bound| is_bound == (listed.open_slots == 0));
                        if is_wanted {
                            found.push(listed);
                        }
                        if found.len() == most {
                            return Ok(found);
                        }
                    }
                    if is_last {
                        return Ok(found);
                    }
                }
            })
            .await
    }

    fn listed(&self, c: &mut Conn, tenant: TenantId, integration: Integration) -> Result<ListedIntegration> {
        let versions = store::integration::list_versions(c, tenant, integration.id)?;
        let published = integration.published_number;
        let found = versions.iter().find(|version| version.number == DRAFT);
        let found = found.or_else(|| versions.iter().find(|version| version.number == published));
        let Some(version) = found.cloned() else {
            return Ok(ListedIntegration {
                summary: integration.into(),
                state: PublishState::Draft,
                slots: 0,
                open_slots: 0,
            });
        };
        let slots = store::slot::list(c, tenant, version.id)?;
        let mut open_slots = 0;
        for slot in &slots {
            if self.bound_key(c, tenant, slot)?.is_none() {
                open_slots += 1;
            }
        }
        let (number, count) = (version.number, slots.len());
        let loaded = Loaded { integration, version, slots };
        let state = match published {
            DRAFT => PublishState::Draft,
            _ if number != DRAFT || self.is_published(c, tenant, &loaded)? => PublishState::Published,
            _ => PublishState::Changed,
        };
        Ok(ListedIntegration { summary: loaded.integration.into(), state, slots: count, open_slots })
    }
}
