// An authorization server with an API behind it, for the tests. Prints `{"url":"http://127.0.0.1:PORT"}` when it can be
// asked, and ends when its standard input closes, so that no test leaves one behind.
//
//   GET  /api/me           the account, the grant and the generation of a good access token; 401 otherwise
//   GET  /counters         what was spent, by grant and generation (see ledger.mjs)
//   PUT  /control          {"access_ttl_s", "grace_s", "before_ms", "after_ms"}: lives of access tokens issued from now on, and
//                          how much longer the API takes them; how long the token endpoint waits before it spends what was
//                          sent, and then before it answers
//   PUT  /control/forget   {"access_token"}: the API takes it no more
//   PUT  /control/clients  {"client_id", "client_secret", "redirect_uris"}
//
// Everything else is oidc-provider: /auth, /token, /token/revocation, /.well-known/openid-configuration.

import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { Ledger } from './ledger.mjs';
import { makeProvider } from './provider.mjs';

const settings = { access_ttl_s: 3600, grace_s: 60, before_ms: 0, after_ms: 0 };
const ledger = new Ledger();
let provider;
let answer;

const server = createServer((req, res) => {
  handle(req, res).catch((error) => {
    console.error(error);
    if (!res.headersSent) json(res, 500, { error: String(error) });
  });
});

server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  provider = makeProvider(url, settings, ledger);
  answer = provider.callback();
  console.log(JSON.stringify({ url }));
});

process.stdin.resume();
process.stdin.on('close', () => process.exit(0));

async function handle(req, res) {
  const path = req.url.split('?')[0];
  switch (`${req.method} ${path}`) {
    case 'GET /counters':
      return json(res, 200, ledger.shown());
    case 'PUT /control':
      Object.assign(settings, JSON.parse(await read(req)));
      return json(res, 200, settings);
    case 'PUT /control/forget':
      await (await provider.AccessToken.find(JSON.parse(await read(req)).access_token))?.destroy();
      return json(res, 200, {});
    case 'PUT /control/clients':
      await provider.registerClient(JSON.parse(await read(req)));
      return json(res, 200, {});
    case 'GET /api/me':
      return me(req, res);
    case 'POST /token':
      return token(req, res);
    default:
      break;
  }
  if (path.startsWith('/interaction/')) return provider.consent(req, res);
  return answer(req, res);
}

// Whoever asked may be dead by now: a request that was sent is acted on all the same, so it is read before anything else.
async function token(req, res) {
  const body = await read(req);
  await sleep(settings.before_ms);
  const replay = Object.assign(Readable.from([Buffer.from(body)]), {
    method: req.method,
    url: req.url,
    headers: req.headers,
    httpVersion: req.httpVersion,
    socket: req.socket,
    connection: req.socket,
  });
  return answer(replay, res);
}

// As a resource server does that introspects: nothing is known here that the provider does not say now.
async function me(req, res) {
  const [scheme, value] = (req.headers.authorization ?? '').split(' ');
  const token = scheme === 'Bearer' && value ? await provider.AccessToken.find(value) : undefined;
  const grant = token && (await provider.Grant.find(token.grantId));
  if (!token?.isValid || !grant) return json(res, 401, { error: 'invalid_token' });
  return json(res, 200, { id: token.accountId, grant: token.grantId, generation: ledger.generationOf(value) });
}

async function read(req) {
  const parts = [];
  for await (const part of req) parts.push(part);
  return Buffer.concat(parts).toString();
}

function json(res, status, body) {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}
