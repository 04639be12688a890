// A resource that trusts no one: it reads the JWT (RFC 9068) itself, with the authorization server's public keys.
import * as jose from 'jose';
import { RESOURCE } from './provider.mjs';

// `exp` is the time of issue, cut down to a whole second, plus the lifetime: up to a second before the `expires_in` that the
// client was told has passed. That second is the client's.
const CLOCK_TOLERANCE = 1;

export function createResource({ issuer, keys }) {
  const keySet = jose.createLocalJWKSet(keys);
  const expected = { issuer, audience: RESOURCE, typ: 'at+jwt', clockTolerance: CLOCK_TOLERANCE };

  return async ({ headers }) => {
    const [, token] = /^Bearer ([^ ]+)$/i.exec(headers.authorization ?? '') ?? [];
    // Whoever shows no token learns no more than how to (RFC 6750 §3.1).
    if (token === undefined) return refuse('Bearer');
    try {
      const { payload } = await jose.jwtVerify(token, keySet, expected);
      return { status: 200, json: { client_id: payload.client_id, audience: payload.aud, scope: payload.scope ?? null } };
    } catch (error) {
      return refuse(`Bearer error="invalid_token", error_description="${error.code}"`);
    }
  };
}

function refuse(challenge) {
  return { status: 401, headers: { 'www-authenticate': challenge }, json: { error: 'unauthorized' } };
}
