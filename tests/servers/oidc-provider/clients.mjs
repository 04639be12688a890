// Who may ask for tokens: a client for each method that the server knows (RFC 7591 §2, token_endpoint_auth_method).
import crypto from 'node:crypto';
import fs from 'node:fs';

export const SCOPE = 'read write';

export const METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
];

export const SIGNING_ALGORITHMS = ['HS256', 'ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];

// What the certificate of `tls` says of its subject.
export const TLS_CLIENT = 'svc.example.com';

const pair = (type, options) => crypto.generateKeyPairSync(type, options);

// New keys for each run. The tests ask for the private halves: they are the clients.
const keys = {
  ES256: pair('ec', { namedCurve: 'P-256' }),
  ES384: pair('ec', { namedCurve: 'P-384' }),
  RS256: pair('rsa', { modulusLength: 2048 }),
  EdDSA: pair('ed25519'),
};
keys.PS256 = keys.RS256;
keys.Ed25519 = keys.EdDSA;

export const privateKeys = Object.fromEntries(
  Object.entries(keys).map(([alg, { privateKey }]) => [alg, privateKey.export({ format: 'pem', type: 'pkcs8' })]),
);

const signs = (alg) => ({
  client_id: `signs-${alg}`,
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: alg,
  jwks: { keys: [{ ...keys[alg].publicKey.export({ format: 'jwk' }), kid: alg, use: 'sig' }] },
});

const withSecret = (id, method, more = {}) => ({
  client_id: id,
  client_secret: `${id}-secret`,
  token_endpoint_auth_method: method,
  ...more,
});

// With certificates there are two more clients, whose tokens are bound to them (RFC 8705 §3).
const withCertificate = (selfSigned) => {
  const certificate = new crypto.X509Certificate(fs.readFileSync(selfSigned));
  const jwk = { ...certificate.publicKey.export({ format: 'jwk' }), x5c: [certificate.raw.toString('base64')] };
  const bound = { tls_client_certificate_bound_access_tokens: true };
  return [
    { client_id: 'tls', token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: TLS_CLIENT, ...bound },
    {
      client_id: 'self-signed',
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [{ ...jwk, kid: 'self-signed', use: 'sig' }] },
      ...bound,
    },
  ];
};

export const clients = (pki) => [
  withSecret('basic', 'client_secret_basic'),
  withSecret('post', 'client_secret_post'),
  withSecret('secret-jwt', 'client_secret_jwt', { client_secret: 'a-secret-of-32-bytes-and-some-more' }),
  { client_id: 'public', token_endpoint_auth_method: 'none' },
  ...['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519'].map(signs),
  withSecret('dpop', 'client_secret_basic', { dpop_bound_access_tokens: true }),
  withSecret('dpop-nonce', 'client_secret_basic', { dpop_bound_access_tokens: true }),
  // Whatever Basic authentication and form encoding have to escape (RFC 6749 §2.3.1).
  withSecret('cs:b+we/ird %41', 'client_secret_basic', { client_secret: 'p:ss+w/or d%42&=?~' }),
  withSecret('raw+ly %41', 'client_secret_basic', { client_secret: 'p:ss+w/or d%42&=?~' }),
  ...(pki ? withCertificate(`${pki}/self-signed.pem`) : []),
].map((client) => ({
  ...client,
  id_token_signed_response_alg: 'ES256',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  scope: SCOPE,
}));
