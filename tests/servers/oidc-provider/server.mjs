// An authorization server (oidc-provider) and a resource that it protects, on loopback.
//
//   node server.mjs                  prints its address when it is ready
//   PORT=4000 TOKEN_TTL=2 node server.mjs
//
// PORT             port to listen on (default: any that is free)
// TOKEN_TTL        lifetime of access tokens in seconds (default: 60)
// PKI              folder with ca.pem, server.pem, server.key and self-signed.pem: the same over mutual TLS, on another port
// STOP_WITH_STDIN  if set, ends when its standard input does, so that it cannot outlive the test that started it
//
// /token and all else that oidc-provider serves; /resource; /_ctl/stats, its counters and addresses as JSON; /_ctl/keys, the private
// keys of its clients; /_ctl/secret?client=ID&secret=SECRET gives a client another secret.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { privateKeys } from './clients.mjs';
import { createProvider } from './provider.mjs';
import { createResource } from './resource.mjs';

const HOST = '127.0.0.1';
const pki = process.env.PKI;

const stats = {
  token_requests: 0,
  // Client id -> tokens that were issued to it.
  tokens_issued: {},
  resource_requests: 0,
  resource_refused: 0,
};

const server = http.createServer();
const address = `http://${HOST}:${await listen(server, wholeNumber('PORT', 0))}`;
// Any certificate may come: whose it is, is for the authorization server to say.
const tlsServer = pki && https.createServer({
  ca: read('ca.pem'), cert: read('server.pem'), key: read('server.key'), requestCert: true, rejectUnauthorized: false,
});
if (tlsServer) stats.tls_address = `https://localhost:${await listen(tlsServer, 0)}`;

const options = { tokenTtl: wholeNumber('TOKEN_TTL', 60), pki, tlsAddress: stats.tls_address };
const { provider, publicKeys } = createProvider(address, options);
const authorize = provider.callback();
const checkToken = createResource({ issuer: address, keys: publicKeys });

provider.on('grant.success', ({ oidc }) => {
  const { clientId } = oidc.client;
  stats.tokens_issued[clientId] = (stats.tokens_issued[clientId] ?? 0) + 1;
});
provider.on('grant.error', (_, error) => {
  console.error(`token request refused: ${error.error}: ${error.error_detail ?? error.error_description}`);
});
provider.on('server_error', (_, error) => console.error(error));

for (const one of [server, tlsServer]) one?.on('request', serve);
if (process.env.STOP_WITH_STDIN) process.stdin.resume().once('close', () => process.exit());
console.log(address);

async function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, address);
  if (pathname === '/_ctl/stats') return answer(response, { status: 200, json: stats });
  if (pathname === '/_ctl/keys') return answer(response, { status: 200, json: privateKeys });
  if (pathname === '/_ctl/secret') {
    const client = await provider.Client.find(searchParams.get('client'));
    client.clientSecret = searchParams.get('secret');
    return answer(response, { status: 200, json: {} });
  }
  if (pathname === '/resource') {
    stats.resource_requests += 1;
    const verdict = await checkToken(request);
    if (verdict.status === 401) stats.resource_refused += 1;
    return answer(response, verdict);
  }
  if (pathname === '/token') stats.token_requests += 1;
  return authorize(request, response);
}

function answer(response, { status, headers = {}, json }) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(json));
}

function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => resolve(server.address().port));
  });
}

function read(name) {
  return fs.readFileSync(`${pki}/${name}`);
}

function wholeNumber(name, otherwise) {
  const text = process.env[name] ?? String(otherwise);
  if (!/^\d+$/.test(text)) throw new Error(`${name} must be a whole number, and is ${JSON.stringify(text)}`);
  return Number(text);
}
