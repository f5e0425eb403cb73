// oidc-provider as strict as it can be: every refresh token is taken once, and one that comes again ends its grant.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import Provider from 'oidc-provider';

import { MemoryAdapter } from './memory.mjs';

const HOUR_S = 3600;

export function makeProvider(issuer, settings, ledger) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const provider = new Provider(issuer, {
    adapter: MemoryAdapter,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    clientAuthMethods: ['client_secret_basic'],
    scopes: ['openid', 'offline_access', 'read'],
    responseTypes: ['code'],
    pkce: { methods: ['S256'], required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    features: { devInteractions: { enabled: false }, revocation: { enabled: true }, introspection: { enabled: true } },
    findAccount: async (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    ttl: {
      AccessToken: () => settings.access_ttl_s + settings.grace_s,
      AuthorizationCode: 60,
      IdToken: HOUR_S,
      RefreshToken: 24 * HOUR_S,
      Grant: 24 * HOUR_S,
      Session: 24 * HOUR_S,
      Interaction: HOUR_S,
    },
  });

  provider.use(async (ctx, next) => {
    await next();
    if (ctx.method !== 'POST' || ctx.path !== '/token') return;
    ledger.note(ctx);
    if (ctx.body?.expires_in) ctx.body = { ...ctx.body, expires_in: settings.access_ttl_s };
    await sleep(settings.after_ms);
  });
  provider.on('grant.revoked', (ctx, grant) => ledger.noteRevoked(grant));
  provider.on('server_error', (ctx, error) => console.error(error));

  provider.registerClient = ({ client_id, client_secret, redirect_uris }) =>
    new MemoryAdapter('Client').upsert(client_id, {
      client_id,
      client_secret,
      redirect_uris,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    });
  provider.consent = (req, res) => consent(provider, req, res);
  return provider;
}

// Whoever comes is signed in as somebody new and agrees to everything.
async function consent(provider, req, res) {
  const { prompt, params, session } = await provider.interactionDetails(req, res);
  if (prompt.name === 'login') {
    const result = { login: { accountId: `account-${randomBytes(4).toString('hex')}` } };
    return provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(req, res, result, { mergeWithLastSubmission: true });
}
