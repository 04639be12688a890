// The authorization server: its clients, its keys, its kinds of token.
import crypto from 'node:crypto';
import { Provider, errors } from 'oidc-provider';

// A token for this resource is a JWT; without a resource it is opaque.
export const RESOURCE = 'urn:example:rs';

const SCOPE = 'read write';

const CLIENTS = [
  { client_id: 'basic', client_secret: 'basic-secret', token_endpoint_auth_method: 'client_secret_basic' },
  { client_id: 'post', client_secret: 'post-secret', token_endpoint_auth_method: 'client_secret_post' },
  // Whatever Basic authentication and form encoding have to escape (RFC 6749 §2.3.1).
  {
    client_id: 'cs:b+we/ird %41',
    client_secret: 'p:ss+w/or d%42&=?~',
    token_endpoint_auth_method: 'client_secret_basic',
  },
];

export function createProvider(issuer, { tokenTtl }) {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = (key) => ({ ...key.export({ format: 'jwk' }), kid: 'es256', use: 'sig', alg: 'ES256' });

  const provider = new Provider(issuer, {
    clients: CLIENTS.map((client) => ({
      ...client,
      id_token_signed_response_alg: 'ES256',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      scope: SCOPE,
    })),
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    cookies: { keys: [crypto.randomBytes(16).toString('hex')] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: { enabled: true, defaultResource: () => undefined, getResourceServerInfo },
    },
    jwks: { keys: [jwk(privateKey)] },
    scopes: SCOPE.split(' '),
    ttl: { ClientCredentials: () => tokenTtl },
  });
  return { provider, publicKeys: { keys: [jwk(publicKey)] } };
}

function getResourceServerInfo(_context, resource) {
  if (resource !== RESOURCE) throw new errors.InvalidTarget();
  return { audience: RESOURCE, scope: SCOPE, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
}
