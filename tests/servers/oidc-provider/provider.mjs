// The authorization server: its keys, its kinds of token, how it knows its clients.
import crypto from 'node:crypto';
import { Provider, errors } from 'oidc-provider';
import { METHODS, SCOPE, SIGNING_ALGORITHMS, clients } from './clients.mjs';

// A token for this resource is a JWT; without a resource it is opaque.
export const RESOURCE = 'urn:example:rs';

export function createProvider(issuer, { tokenTtl, pki, tlsAddress }) {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = (key) => ({ ...key.export({ format: 'jwk' }), kid: 'es256', use: 'sig', alg: 'ES256' });

  const provider = new Provider(issuer, {
    clients: clients(pki),
    clientAuthMethods: METHODS.filter((method) => pki || !method.includes('tls')),
    enabledJWA: { clientAuthSigningAlgValues: SIGNING_ALGORITHMS },
    cookies: { keys: [crypto.randomBytes(16).toString('hex')] },
    discovery: tlsAddress ? { mtls_endpoint_aliases: { token_endpoint: `${tlsAddress}/token` } } : {},
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: {
        enabled: true,
        nonceSecret: crypto.randomBytes(32),
        requireNonce: ({ oidc }) => oidc.client?.clientId === 'dpop-nonce',
      },
      introspection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: { enabled: true, defaultResource: () => undefined, getResourceServerInfo },
      ...(pki ? { mTLS } : {}),
    },
    jwks: { keys: [jwk(privateKey)] },
    scopes: SCOPE.split(' '),
    ttl: { ClientCredentials: () => tokenTtl },
  });
  return { provider, publicKeys: { keys: [jwk(publicKey)] } };
}

// The certificate comes with the connection: this server is its own TLS terminator.
const certificateOf = ({ req }) => req.socket.getPeerX509Certificate?.();

const mTLS = {
  enabled: true,
  certificateBoundAccessTokens: true,
  selfSignedTlsClientAuth: true,
  tlsClientAuth: true,
  getCertificate: certificateOf,
  certificateAuthorized: ({ req }) => req.socket.authorized === true,
  certificateSubjectMatches: (context, property, expected) =>
    property === 'tls_client_auth_san_dns' && certificateOf(context).checkHost(expected) !== undefined,
};

function getResourceServerInfo(_context, resource) {
  if (resource !== RESOURCE) throw new errors.InvalidTarget();
  return { audience: RESOURCE, scope: SCOPE, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
}
