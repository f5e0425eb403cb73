// Where oidc-provider keeps what it issued: in this process, for as long as it lives.

const rows = new Map();
const byGrant = new Map();
const sessions = new Map();

export class MemoryAdapter {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload, expiresIn) {
    const key = this.key(id);
    rows.set(key, { payload, ends: expiresIn ? Date.now() + expiresIn * 1000 : Infinity });
    if (this.model === 'Session') sessions.set(payload.uid, id);
    if (payload.grantId) {
      if (!byGrant.has(payload.grantId)) byGrant.set(payload.grantId, new Set());
      byGrant.get(payload.grantId).add(key);
    }
  }

  async find(id) {
    const row = rows.get(this.key(id));
    return row && row.ends > Date.now() ? row.payload : undefined;
  }

  async findByUid(uid) {
    return this.find(sessions.get(uid));
  }

  async findByUserCode() {
    return undefined;
  }

  async consume(id) {
    rows.get(this.key(id)).payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    rows.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of byGrant.get(grantId) ?? []) rows.delete(key);
    byGrant.delete(grantId);
  }
}
