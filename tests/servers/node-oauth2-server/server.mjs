// An authorization server (@node-oauth/oauth2-server) that takes id and secret out of HTTP Basic as they are, on loopback.
//
//   node server.mjs                  prints its address when it is ready
//
// STOP_WITH_STDIN  if set, ends when its standard input does, so that it cannot outlive the test that started it
//
// /token, and nothing else.
import crypto from 'node:crypto';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import OAuth2Server from '@node-oauth/oauth2-server';

// The second one has what form encoding would change.
const CLIENTS = new Map([
  ['plain', 'plain-secret'],
  ['we+ird %41', 'p:ss+w/or d%42&=?~'],
]);

const oauth = new OAuth2Server({
  model: {
    getClient: async (id, secret) => CLIENTS.get(id) === secret && { id, grants: ['client_credentials'] },
    getUserFromClient: async ({ id }) => ({ id }),
    validateScope: async (_user, _client, scope) => scope ?? ['read'],
    generateAccessToken: async () => crypto.randomBytes(16).toString('hex'),
    saveToken: async (token, client, user) => ({ ...token, client, user }),
  },
  accessTokenLifetime: 60,
});

const server = http.createServer(async (request, response) => {
  const { method, headers } = request;
  const body = Object.fromEntries(new URLSearchParams(await text(request)));
  const answer = new OAuth2Server.Response();
  try {
    await oauth.token(new OAuth2Server.Request({ method, headers, query: {}, body }), answer);
  } catch (error) {
    console.error(`token request refused: ${error.name}: ${error.message}`);
  }
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(JSON.stringify(answer.body));
});

server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
if (process.env.STOP_WITH_STDIN) process.stdin.resume().once('close', () => process.exit());
