// What was spent: the judge of the tests. A generation is the refresh token that so many renewals led to; 0 came with the code.

export class Ledger {
  #grants = new Map();
  // Refresh tokens and access tokens: where each belongs.
  #tokens = new Map();
  #unknown = 0;

  // Looks at an answer of the token endpoint before it is sent.
  note(ctx) {
    const params = ctx.oidc?.params ?? {};
    const isIssued = ctx.status === 200;
    if (params.grant_type === 'refresh_token') {
      const spent = this.#tokens.get(params.refresh_token);
      if (spent) spent.generation.spent.push({ at_ms: Date.now(), status: ctx.status });
      else this.#unknown += 1;
      if (isIssued && spent) this.#issue(spent.grant, ctx.body, spent.number + 1);
    } else if (params.grant_type === 'authorization_code' && isIssued) {
      const grant = { account: ctx.oidc.entities.Account.accountId, is_revoked: false, generations: [] };
      this.#grants.set(ctx.oidc.entities.Grant.jti, grant);
      this.#issue(grant, ctx.body, 0);
    }
  }

  noteRevoked(id) {
    const grant = this.#grants.get(id);
    if (grant) grant.is_revoked = true;
  }

  generationOf(accessToken) {
    return this.#tokens.get(accessToken)?.number;
  }

  // By grant: of each generation every time that it was sent, with the answer's status. `unknown`: what nobody was issued.
  shown() {
    return { grants: Object.fromEntries(this.#grants), unknown: this.#unknown };
  }

  #issue(grant, { access_token, refresh_token }, number) {
    const generation = { spent: [] };
    grant.generations[number] = generation;
    this.#tokens.set(refresh_token, { grant, generation, number });
    this.#tokens.set(access_token, { grant, generation, number });
  }
}
