-- Live connections: tokens, their renewal, authorizations under way, who read what.

-- What the provider issued for a credential. The sealed bytes hold every token; the rest is what queries need.
CREATE TABLE tokens (
  credential_id  BLOB PRIMARY KEY NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
  tenant_id      BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  sealed         BLOB NOT NULL, -- JSON of the token set
  generation     BIGINT NOT NULL, -- grows with every set of tokens that is stored
  granted_scopes TEXT, -- JSON list; absent: the provider did not say
  expires_at     BIGINT, -- of the access token; absent: no known end
  refresh_at     BIGINT, -- when it is due to be renewed; absent: never, or it cannot be
  obtained_at    BIGINT NOT NULL
);
CREATE INDEX tokens_by_refresh ON tokens (refresh_at);
CREATE INDEX tokens_by_tenant ON tokens (tenant_id);

-- One row per credential that was ever renewed: who may call the provider, and what was sent and not yet answered.
CREATE TABLE refresh_leases (
  credential_id    BLOB PRIMARY KEY NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
  tenant_id        BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  fence            BIGINT NOT NULL, -- grows with every holder; a write with an older one is refused
  holder           TEXT, -- a random word of the process; absent: nobody
  leased_until     BIGINT, -- in the database's time
  intent_generation BIGINT, -- the tokens that are being spent; absent: nothing is under way
  intent_deadline  BIGINT, -- until then an answer may still come
  failures         BIGINT NOT NULL, -- in a row
  next_attempt_at  BIGINT, -- after a failure that may pass
  last_error       TEXT -- a stable word
);
CREATE INDEX refresh_leases_by_tenant ON refresh_leases (tenant_id);

-- Every call to a provider for tokens and every live test, as far as it can be shown.
CREATE TABLE credential_attempts (
  id            BLOB PRIMARY KEY NOT NULL,
  tenant_id     BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  connection_id BLOB NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  credential_id BLOB REFERENCES credentials (id) ON DELETE CASCADE, -- absent: nothing was stored
  at            BIGINT NOT NULL,
  kind          TEXT NOT NULL, -- authorize, refresh, exchange, revoke, live_test
  outcome       TEXT NOT NULL, -- ok, or the stable word of what went wrong
  detail        TEXT NOT NULL, -- a sentence for people; never a secret
  status        BIGINT, -- of the provider's answer
  duration_ms   BIGINT NOT NULL
);
CREATE INDEX credential_attempts_by_connection ON credential_attempts (tenant_id, connection_id, id);
CREATE INDEX credential_attempts_by_credential ON credential_attempts (credential_id, id);

-- What is known of a credential's health besides its values: the last live test.
CREATE TABLE credential_checks (
  credential_id BLOB PRIMARY KEY NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
  tenant_id     BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  checked_at    BIGINT NOT NULL,
  outcome       TEXT NOT NULL, -- ok, one of the six reasons, or untested
  message       TEXT NOT NULL,
  next_check_at BIGINT -- of the scheduled ones
);
CREATE INDEX credential_checks_by_next ON credential_checks (next_check_at);
CREATE INDEX credential_checks_by_tenant ON credential_checks (tenant_id);

-- The last part of a connection's redirect URI. Connections that share one have one id.
CREATE TABLE oauth_callbacks (
  connection_id BLOB PRIMARY KEY NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  tenant_id     BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  callback_id   TEXT NOT NULL, -- random, unique in the deployment but for sharing within one tenant
  created_at    BIGINT NOT NULL
);
CREATE INDEX oauth_callbacks_by_callback ON oauth_callbacks (callback_id);
CREATE INDEX oauth_callbacks_by_tenant ON oauth_callbacks (tenant_id);

-- An authorization under way.
CREATE TABLE oauth_flows (
  id              BLOB PRIMARY KEY NOT NULL,
  tenant_id       BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  connection_id   BLOB NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  owner           TEXT NOT NULL CHECK (owner IN ('customer', 'organization', 'test')),
  customer_id     BLOB REFERENCES customers (id) ON DELETE CASCADE,
  credential_name TEXT NOT NULL,
  link_id         UUID, -- the connect link that it began with
  callback_id     TEXT NOT NULL,
  state_hash      BLOB NOT NULL UNIQUE, -- the state is used once, and never stored
  session_hash    BLOB NOT NULL, -- of the cookie of the browser that began
  sealed          BLOB NOT NULL, -- JSON: verifier, values, then the code
  status          TEXT NOT NULL CHECK (status IN ('started', 'returned', 'exchanging', 'done', 'failed')),
  outcome         TEXT, -- of a failed one: a stable word
  message         TEXT,
  success_url     TEXT,
  failure_url     TEXT,
  actor           TEXT NOT NULL,
  created_at      BIGINT NOT NULL,
  expires_at      BIGINT NOT NULL,
  CHECK ((owner = 'customer') = (customer_id IS NOT NULL))
);
CREATE INDEX oauth_flows_by_connection ON oauth_flows (tenant_id, connection_id, id);
CREATE INDEX oauth_flows_by_expiry ON oauth_flows (expires_at);

-- A link that lets whoever holds it complete one credential, without an account.
CREATE TABLE connect_links (
  id              BLOB PRIMARY KEY NOT NULL,
  tenant_id       BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  connection_id   BLOB NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  owner           TEXT NOT NULL CHECK (owner IN ('customer', 'organization', 'test')),
  customer_id     BLOB REFERENCES customers (id) ON DELETE CASCADE,
  credential_name TEXT NOT NULL,
  success_url     TEXT,
  failure_url     TEXT,
  created_by      TEXT NOT NULL,
  created_at      BIGINT NOT NULL,
  expires_at      BIGINT NOT NULL,
  completed_at    BIGINT,
  revoked_at      BIGINT,
  CHECK ((owner = 'customer') = (customer_id IS NOT NULL))
);
CREATE INDEX connect_links_by_connection ON connect_links (tenant_id, connection_id, id);
CREATE INDEX connect_links_by_customer ON connect_links (customer_id);

-- Where a browser may be sent when an authorization ends: exactly these.
CREATE TABLE redirect_urls (
  tenant_id  BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  url        TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  PRIMARY KEY (tenant_id, url)
);

-- Who was given which credentials: one row for what an API key read of a connection in a second, written in batches.
CREATE TABLE credential_reads (
  id            BLOB PRIMARY KEY NOT NULL,
  tenant_id     BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  connection_id BLOB NOT NULL, -- stays when the connection goes
  api_key_id    BLOB NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  at            BIGINT NOT NULL, -- the second
  reads         BIGINT NOT NULL, -- of all of them
  credentials   BLOB NOT NULL -- 16 bytes of a credential's id (zeros: none) and 4 of a count, big-endian, again and again
);
CREATE INDEX credential_reads_by_connection ON credential_reads (tenant_id, connection_id, id);
CREATE INDEX credential_reads_by_time ON credential_reads (at);

-- Test runs of integrations' drafts: each step's request and reply, secrets masked.
CREATE TABLE test_runs (
  id             BLOB PRIMARY KEY NOT NULL,
  tenant_id      BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  integration_id BLOB NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
  actor          TEXT NOT NULL,
  status         TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'interrupted')),
  steps          TEXT NOT NULL, -- JSON
  started_at     BIGINT NOT NULL,
  ended_at       BIGINT,
  leased_until   BIGINT -- of the process that runs it, in the database's time; absent: it ended
);
CREATE INDEX test_runs_by_integration ON test_runs (tenant_id, integration_id, id);
CREATE INDEX test_runs_by_lease ON test_runs (leased_until);

-- How a tenant shows itself to its customers, on the pages of connect links.
ALTER TABLE tenants ADD COLUMN color TEXT; -- #rrggbb
ALTER TABLE tenants ADD COLUMN logo BLOB; -- PNG or JPEG
ALTER TABLE tenants ADD COLUMN logo_digest TEXT; -- of the logo: a part of its address

-- What needs a person is counted at every look at a page.
CREATE INDEX credentials_by_status ON credentials (tenant_id, status, version);
