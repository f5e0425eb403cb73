-- Components in use, connections, credentials.

-- Manifests that some tenant uses or used, as canonical JSON.
CREATE TABLE components (
  key        TEXT NOT NULL,
  version    BIGINT NOT NULL,
  digest     TEXT NOT NULL,
  manifest   TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (key, version, digest)
);

-- The manifest that a tenant uses.
CREATE TABLE component_pins (
  tenant_id  UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  component  TEXT NOT NULL,
  version    BIGINT NOT NULL,
  digest     TEXT NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (tenant_id, component),
  FOREIGN KEY (component, version, digest) REFERENCES components (key, version, digest)
);

-- A tenant's use of one connection type.
CREATE TABLE connections (
  id              UUID PRIMARY KEY NOT NULL,
  tenant_id       UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  label           TEXT NOT NULL,
  description     TEXT,
  component       TEXT NOT NULL,
  connection_type TEXT NOT NULL,
  scope           TEXT NOT NULL CHECK (scope IN ('customer', 'organization_customer', 'organization_global')),
  is_enabled      BOOLEAN NOT NULL,
  is_embedded     BOOLEAN NOT NULL, -- customers may use it in embedded workflows
  is_placeholder  BOOLEAN NOT NULL, -- made by a sync, nothing filled in yet
  inputs          TEXT NOT NULL, -- JSON: global values and who manages each input; secrets as marks only
  secrets         BYTEA, -- sealed JSON: the secret global values
  version         BIGINT NOT NULL, -- grows with every change; the entity tag
  created_at      TIMESTAMPTZ NOT NULL,
  updated_at      TIMESTAMPTZ NOT NULL,
  UNIQUE (id, tenant_id)
);
CREATE INDEX connections_by_tenant ON connections (tenant_id, id);
CREATE INDEX connections_by_component ON connections (tenant_id, component);

-- Stable keys and their aliases share one namespace in a tenant.
CREATE TABLE connection_keys (
  tenant_id     UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  key           TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 64),
  connection_id UUID NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  is_current    BOOLEAN NOT NULL, -- false: an alias, left by a rename
  created_at    TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (tenant_id, key)
);
CREATE UNIQUE INDEX connection_keys_current ON connection_keys (connection_id) WHERE is_current;
CREATE INDEX connection_keys_by_connection ON connection_keys (connection_id);

-- The values of one connection for one owner.
CREATE TABLE credentials (
  id            UUID PRIMARY KEY NOT NULL,
  tenant_id     UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  connection_id UUID NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  owner         TEXT NOT NULL CHECK (owner IN ('customer', 'organization', 'test')),
  customer_id   UUID REFERENCES customers (id) ON DELETE CASCADE,
  name          TEXT NOT NULL, -- tells several of one customer apart
  inputs        TEXT NOT NULL, -- JSON: what this credential overrides
  secrets       BYTEA, -- sealed JSON
  status        TEXT NOT NULL
                CHECK (status IN ('active', 'error', 'reauthorization_required', 'disabled')),
  version       BIGINT NOT NULL,
  created_at    TIMESTAMPTZ NOT NULL,
  updated_at    TIMESTAMPTZ NOT NULL,
  CHECK ((owner = 'customer') = (customer_id IS NOT NULL))
);
CREATE UNIQUE INDEX credentials_of_customer ON credentials (connection_id, customer_id, name) WHERE customer_id IS NOT NULL;
CREATE UNIQUE INDEX credentials_of_organization ON credentials (connection_id, owner) WHERE customer_id IS NULL;
CREATE INDEX credentials_by_tenant ON credentials (tenant_id, id);
CREATE INDEX credentials_by_customer ON credentials (customer_id);

-- Field-level history; stays when the connection goes.
CREATE TABLE connection_events (
  id            UUID PRIMARY KEY NOT NULL,
  tenant_id     UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  connection_id UUID NOT NULL,
  at            TIMESTAMPTZ NOT NULL,
  actor         TEXT NOT NULL,
  action        TEXT NOT NULL,
  subject       TEXT NOT NULL, -- the connection, or which of its credentials
  changes       TEXT NOT NULL -- JSON: field, old, new; secrets as "changed"
);
CREATE INDEX connection_events_by_connection ON connection_events (tenant_id, connection_id, id);
