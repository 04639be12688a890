// A resource that trusts no one: it reads the JWT (RFC 9068) itself, with the authorization server's public keys, and has tokens
// that are bound to a certificate or to a key shown with that.
import crypto from 'node:crypto';
import * as jose from 'jose';
import { RESOURCE } from './provider.mjs';

// `exp` is the time of issue, cut down to a whole second, plus the lifetime: up to a second before the `expires_in` that the
// client was told has passed. That second is the client's.
const CLOCK_TOLERANCE = 1;

// What the proofs of `dpop-nonce` have to have in them here (RFC 9449 §9).
const NONCE = 'nonce-of-the-resource';

const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('base64url');

export function createResource({ issuer, keys }) {
  const keySet = jose.createLocalJWKSet(keys);
  const expected = { issuer, audience: RESOURCE, typ: 'at+jwt', clockTolerance: CLOCK_TOLERANCE };
  const proofs = new Set();

  return async (request) => {
    const [, scheme, token] = /^(Bearer|DPoP) ([^ ]+)$/i.exec(request.headers.authorization ?? '') ?? [];
    // Whoever shows no token learns no more than how to (RFC 6750 §3.1).
    if (token === undefined) return refuse('Bearer');
    try {
      const { payload } = await jose.jwtVerify(token, keySet, expected);
      const bound = payload.cnf ?? {};
      if ((bound.jkt === undefined) !== (scheme.toLowerCase() === 'bearer')) throw new Error('scheme');
      if (bound['x5t#S256'] !== undefined) checkCertificate(request, bound['x5t#S256']);
      if (bound.jkt !== undefined) {
        const nonce = await checkProof(request, { token, jkt: bound.jkt, issuer, proofs });
        if (payload.client_id === 'dpop-nonce' && nonce !== NONCE) {
          return { ...refuse('DPoP error="use_dpop_nonce"', { 'dpop-nonce': NONCE }) };
        }
      }
      return { status: 200, json: { client_id: payload.client_id, audience: payload.aud, scope: payload.scope ?? null } };
    } catch (error) {
      return refuse(`${scheme} error="invalid_token", error_description="${error.code ?? error.message}"`);
    }
  };
}

function checkCertificate({ socket }, thumbprint) {
  const certificate = socket.getPeerX509Certificate?.();
  if (certificate === undefined || sha256(certificate.raw) !== thumbprint) throw new Error('certificate');
}

// RFC 9449 §4.3 as far as it goes without knowing the nonce.
async function checkProof({ headers, method, url }, { token, jkt, issuer, proofs }) {
  const { payload, protectedHeader } = await jose.jwtVerify(headers.dpop ?? '', jose.EmbeddedJWK, {
    typ: 'dpop+jwt',
    maxTokenAge: 30,
    requiredClaims: ['jti'],
  });
  const [path] = url.split('?');
  const rows = [
    ['key', await jose.calculateJwkThumbprint(protectedHeader.jwk), jkt],
    ['ath', payload.ath, sha256(token)],
    ['htm', payload.htm, method],
    ['htu', payload.htu, `${issuer}${path}`],
    ['jti', proofs.has(payload.jti), false],
  ];
  for (const [name, found, wanted] of rows) {
    if (found !== wanted) throw new Error(name);
  }
  proofs.add(payload.jti);
  return payload.nonce;
}

function refuse(challenge, headers = {}) {
  return { status: 401, headers: { 'www-authenticate': challenge, ...headers }, json: { error: 'unauthorized' } };
}
