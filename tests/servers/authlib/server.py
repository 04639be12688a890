"""An authorization server (Authlib over Flask) on loopback.

    .venv/bin/python server.py       prints its address when it is ready

STOP_WITH_STDIN  if set, ends when its standard input does, so that it cannot outlive the test that started it

/token; /_ctl/keys, the private keys of its clients as JSON.
"""

import logging
import os
import sys
import threading

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from flask import Flask, jsonify
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from werkzeug.serving import make_server

# Plain HTTP, which is for loopback only.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

KEYS = {
    "ES256": jwk.generate_key("EC", "P-256"),
    "RS256": jwk.generate_key("RSA", 2048),
    "EdDSA": jwk.generate_key("OKP", "Ed25519"),
}
KEYS["PS256"] = KEYS["RS256"]


class Client(ClientMixin):
    def __init__(self, client_id, method, secret=None, alg=None):
        self.client_id, self.method, self.secret, self.alg = client_id, method, secret, alg

    def get_client_id(self):
        return self.client_id

    def get_allowed_scope(self, scope):
        return " ".join(token for token in (scope or "").split() if token in ("read", "write"))

    def check_client_secret(self, secret):
        return self.secret == secret

    def check_endpoint_auth_method(self, method, endpoint):
        return self.method == method

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"


CLIENTS = {
    client.client_id: client
    for client in [
        Client("basic", "client_secret_basic", secret="basic-secret"),
        Client("post", "client_secret_post", secret="post-secret"),
        # Whatever Basic authentication and form encoding have to escape (RFC 6749 §2.3.1).
        Client("cs:b+we/ird %41", "client_secret_basic", secret="p:ss+w/or d%42&=?~"),
        Client("raw+ly %41", "client_secret_basic", secret="p:ss+w/or d%42&=?~"),
        *(Client(f"signs-{alg}", "private_key_jwt", alg=alg) for alg in KEYS),
    ]
}


class Assertion(JWTBearerClientAssertion):
    CLIENT_AUTH_METHOD = "private_key_jwt"
    seen = set()

    def process_assertion_claims(self, assertion, key):
        # Some algorithms are taken only when they are named.
        try:
            token = jwt.decode(assertion, key, algorithms=list(KEYS))
        except JoseError as error:
            raise InvalidClientError(description=str(error)) from error
        self.verify_claims(token.claims)
        return token.claims

    def resolve_client_public_key(self, client):
        return KEYS[client.alg]

    def validate_jti(self, claims, jti):
        is_new = jti not in self.seen
        self.seen.add(jti)
        return is_new

    def get_audiences(self):
        return [f"{address}/token", address]


class Grant(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]


app = Flask(__name__)
app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"client_credentials": 60}
server = AuthorizationServer(app, query_client=CLIENTS.get, save_token=lambda token, request: None)
server.register_grant(Grant)
server.register_client_auth_method("private_key_jwt", Assertion())


@app.post("/token")
def token():
    return server.create_token_response()


@app.get("/_ctl/keys")
def keys():
    return jsonify({alg: key.as_pem(private=True).decode() for alg, key in KEYS.items()})


def end_with_stdin():
    sys.stdin.read()
    os._exit(0)


logging.getLogger("werkzeug").setLevel(logging.ERROR)
listener = make_server("127.0.0.1", 0, app, threaded=True)
address = f"http://127.0.0.1:{listener.server_port}"
if os.environ.get("STOP_WITH_STDIN"):
    threading.Thread(target=end_with_stdin, daemon=True).start()
print(address, flush=True)
listener.serve_forever()
