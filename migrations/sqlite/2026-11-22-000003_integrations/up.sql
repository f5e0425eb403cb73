-- Integrations, their versions and slots; syncs.

CREATE TABLE integrations (
  id              BLOB PRIMARY KEY NOT NULL,
  tenant_id       BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  key             TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 64), -- same integration in every tenant
  name            TEXT NOT NULL,
  published_number BIGINT NOT NULL, -- of the newest published version; 0: only a draft
  draft_edited_by TEXT, -- a person changed the draft here since it was imported, synced or published
  version         BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  updated_at      BIGINT NOT NULL,
  UNIQUE (tenant_id, key)
);

-- One draft (number 0) and many published versions.
CREATE TABLE integration_versions (
  id             BLOB PRIMARY KEY NOT NULL,
  tenant_id      BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  integration_id BLOB NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
  number         BIGINT NOT NULL CHECK (number >= 0),
  digest         TEXT NOT NULL, -- of the canonical definition
  created_by     TEXT NOT NULL,
  created_at     BIGINT NOT NULL,
  definition     TEXT NOT NULL, -- JSON in file order; secrets blanked. Long, so it comes last
  UNIQUE (integration_id, number)
);
CREATE INDEX integration_versions_by_tenant ON integration_versions (tenant_id, integration_id);

-- What a version asks of connections. Drafts bind by id, published versions hold the stable key.
CREATE TABLE slots (
  version_id      BLOB NOT NULL REFERENCES integration_versions (id) ON DELETE CASCADE,
  tenant_id       BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  variable        TEXT NOT NULL,
  component       TEXT, -- unknown for a reusable connection that is not here
  connection_type TEXT,
  scope           TEXT CHECK (scope IN ('customer', 'organization_customer', 'organization_global')),
  required_scopes TEXT NOT NULL, -- JSON list of OAuth scopes
  connection_id   BLOB REFERENCES connections (id) ON DELETE SET NULL,
  stable_key      TEXT,
  is_rebound      BOOLEAN NOT NULL, -- a person chose another connection than the definition proposes
  PRIMARY KEY (version_id, variable)
);
CREATE INDEX slots_by_connection ON slots (connection_id);
CREATE INDEX slots_by_stable_key ON slots (tenant_id, stable_key);

-- Every sync into a tenant.
CREATE TABLE sync_runs (
  id             BLOB PRIMARY KEY NOT NULL,
  tenant_id      BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  source         TEXT NOT NULL,
  actor          TEXT NOT NULL,
  plan_hash      TEXT NOT NULL,
  result         TEXT NOT NULL CHECK (result IN ('done', 'nothing', 'blocked', 'stale')), -- only `done` wrote anything
  plan           TEXT NOT NULL, -- JSON
  undo           TEXT NOT NULL, -- JSON: what it touched, as it was before
  started_at     BIGINT NOT NULL,
  duration_ms    BIGINT NOT NULL,
  rolled_back_at BIGINT,
  rolled_back_by TEXT
);
CREATE INDEX sync_runs_by_tenant ON sync_runs (tenant_id, id);

-- Rows that a sync pruned, still sealed, until they can no longer be brought back.
CREATE TABLE pruned_rows (
  id           BLOB PRIMARY KEY NOT NULL,
  tenant_id    BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  sync_run_id  BLOB NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
  noun         TEXT NOT NULL,
  content      TEXT NOT NULL, -- JSON; secrets as sealed bytes
  purge_after  BIGINT NOT NULL
);
CREATE INDEX pruned_rows_by_run ON pruned_rows (sync_run_id);
CREATE INDEX pruned_rows_by_purge ON pruned_rows (purge_after);
