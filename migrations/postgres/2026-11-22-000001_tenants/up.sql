-- Tenants, people, keys: who may do what where.

-- An isolated environment; owns everything else.
CREATE TABLE tenants (
  id            UUID PRIMARY KEY NOT NULL,
  key           TEXT NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 64),
  name          TEXT NOT NULL,
  is_production BOOLEAN NOT NULL,
  revision      BIGINT NOT NULL, -- grows with every write to a synced object; a sync locks the row
  created_at    TIMESTAMPTZ NOT NULL
);

-- A tenant's data-encryption keys, wrapped by the key-encryption key.
CREATE TABLE data_keys (
  id         UUID PRIMARY KEY NOT NULL,
  tenant_id  UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  wrapped    BYTEA NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  retired_at TIMESTAMPTZ -- no new seals from then on
);
CREATE INDEX data_keys_by_tenant ON data_keys (tenant_id);

CREATE TABLE users (
  id            UUID PRIMARY KEY NOT NULL,
  email         TEXT NOT NULL UNIQUE, -- lower case
  name          TEXT NOT NULL,
  password_hash TEXT NOT NULL, -- argon2id, PHC string
  is_disabled   BOOLEAN NOT NULL,
  created_at    TIMESTAMPTZ NOT NULL
);

-- One role per person and tenant.
CREATE TABLE user_roles (
  user_id   UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  role      TEXT NOT NULL CHECK (role IN ('viewer', 'support', 'builder', 'admin', 'owner')),
  PRIMARY KEY (user_id, tenant_id)
);
CREATE INDEX user_roles_by_tenant ON user_roles (tenant_id);

CREATE TABLE sessions (
  id           UUID PRIMARY KEY NOT NULL,
  user_id      UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash   BYTEA NOT NULL UNIQUE,
  created_at   TIMESTAMPTZ NOT NULL,
  last_used_at TIMESTAMPTZ NOT NULL,
  expires_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE api_keys (
  id           UUID PRIMARY KEY NOT NULL,
  tenant_id    UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name         TEXT NOT NULL,
  prefix       TEXT NOT NULL UNIQUE, -- public part of the key; finds the row
  hash         BYTEA NOT NULL, -- SHA-256 of the whole key, which holds 256 random bits
  scopes       TEXT NOT NULL, -- words, separated by spaces
  created_by   TEXT NOT NULL,
  created_at   TIMESTAMPTZ NOT NULL,
  expires_at   TIMESTAMPTZ,
  last_used_at TIMESTAMPTZ,
  revoked_at   TIMESTAMPTZ
);
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id);

-- The vendor's customers, by the vendor's own id.
CREATE TABLE customers (
  id          UUID PRIMARY KEY NOT NULL,
  tenant_id   UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  external_id TEXT NOT NULL,
  name        TEXT NOT NULL,
  created_at  TIMESTAMPTZ NOT NULL,
  UNIQUE (tenant_id, external_id)
);

-- What was done, by whom; never a secret.
CREATE TABLE audit_events (
  id        UUID PRIMARY KEY NOT NULL,
  tenant_id UUID REFERENCES tenants (id) ON DELETE CASCADE, -- absent: the deployment
  at        TIMESTAMPTZ NOT NULL,
  actor     TEXT NOT NULL,
  action    TEXT NOT NULL, -- dotted by noun: connection.created
  subject   TEXT NOT NULL,
  detail    TEXT NOT NULL -- JSON
);
CREATE INDEX audit_events_by_tenant ON audit_events (tenant_id, id);

-- Answers of creates, so that a repeated call gets the first one's answer.
CREATE TABLE idempotency_keys (
  tenant_id      UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  actor          TEXT NOT NULL,
  key            TEXT NOT NULL,
  request_digest TEXT NOT NULL,
  status         BIGINT NOT NULL,
  body           BYTEA NOT NULL, -- sealed: a create may show a secret once
  created_at     TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (tenant_id, actor, key)
);
