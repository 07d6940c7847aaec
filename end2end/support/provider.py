"""A certified OpenID provider of another make, `idpyoidc` of PyPI, with pages of its own: whoever signs in there is who
they type. Arguments: the port, and the address to which it sends browsers back. It says when it is ready."""

import json
import sys
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

from idpyoidc.message.oidc import AuthorizationRequest
from idpyoidc.server import Server
from idpyoidc.server.configure import OPConfiguration
from idpyoidc.server.exception import ClientAuthenticationError
from idpyoidc.server.scopes import SCOPE2CLAIMS
from idpyoidc.server.user_authn.user import UserAuthnMethod, create_signed_jwt

PORT, CALLBACK = int(sys.argv[1]), sys.argv[2]
ISSUER = f"http://127.0.0.1:{PORT}"
HTML, JSON = {"content-type": "text/html"}, {"content-type": "application/json"}

# Who is in which groups; a PUT to /people/NAME changes it.
GROUPS = {"nina": ["ops"]}


class People(dict):
    """Everybody whom somebody types."""

    def __missing__(self, name):
        mail = {"email": f"{name}@acme.dev", "email_verified": True}
        return {"name": name, "preferred_username": name, "groups": GROUPS.get(name, []), **mail}


def page(title, action, token, fields):
    head = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">'
    kept = f'<input type="hidden" name="token" value="{token}">'
    return f'{head}<h1>{title}</h1><form method="post" action="{action}">{kept}{fields}</form>'


class Asked(UserAuthnMethod):
    """Asks for a name. The request that led here travels with the form, signed."""

    def __call__(self, **request):
        token = create_signed_jwt(ISSUER, self.upstream_get("attribute", "keyjar"), **request)
        name = '<label>Name <input name="name" autocomplete="username"></label> <button>Sign in at Acme</button>'
        return page("Acme sign-in", "/consent", token, name)


def consent(token, name):
    answers = '<button name="answer" value="yes">Allow</button> <button name="answer" value="no">Refuse</button>'
    kept = f'<input type="hidden" name="name" value="{name}">'
    return page("Acme asks", "/answer", token, f"{kept}<p>Portolan wants to know who you are.</p>{answers}")


def keys(*uses):
    return {"key_defs": [{"type": "OCT", "bytes": 24, "use": [use], "kid": use} for use in uses]}


def endpoint(path, name, **more):
    return {"path": path, "class": f"idpyoidc.server.oidc.{name}", "kwargs": {"client_authn_method": None, **more}}


CONFIGURATION = {
    "issuer": ISSUER,
    "key_conf": {"key_defs": [{"type": "EC", "crv": "P-256", "use": ["sig"]}, {"type": "RSA", "use": ["sig"]}]},
    # Secrets in the body alone: in the header it does not read them as RFC 6749 writes them.
    "preference": {
        "subject_types_supported": ["public"],
        "scopes_supported": list(SCOPE2CLAIMS),
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    },
    "endpoint": {
        "provider_config": endpoint(".well-known/openid-configuration", "provider_config.ProviderConfiguration"),
        "authorization": endpoint("authorization", "authorization.Authorization", response_types_supported=["code"]),
        "token": endpoint("token", "token.Token", client_authn_method=["client_secret_post"]),
        "userinfo": endpoint("userinfo", "userinfo.UserInfo", client_authn_method=["bearer_header"]),
    },
    "authentication": {"asked": {"acr": "urn:acme:asked", "class": Asked, "kwargs": {}}},
    "userinfo": {"class": "idpyoidc.server.user_info.UserInfo", "kwargs": {"db": People()}},
    "scopes_to_claims": {**SCOPE2CLAIMS, "profile": [*SCOPE2CLAIMS["profile"], "groups"]},
    "add_on": {"pkce": {"function": "idpyoidc.server.oauth2.add_on.pkce.add_support", "kwargs": {"essential": True}}},
    "cookie_handler": {
        "class": "idpyoidc.server.cookie_handler.CookieHandler",
        "kwargs": {"keys": keys("enc", "sig"), "name": {it: it for it in ("session", "register", "session_management")}},
    },
    "token_handler_args": {
        "key_conf": keys("code", "token", "refresh"),
        "code": {"lifetime": 60},
        "token": {"class": "idpyoidc.server.token.jwt_token.JWTToken", "kwargs": {"lifetime": 3600}},
        "refresh": {"class": "idpyoidc.server.token.jwt_token.JWTToken", "kwargs": {"lifetime": 86400}},
        "id_token": {"class": "idpyoidc.server.token.id_token.IDToken", "kwargs": {"lifetime": 300}},
    },
}

SERVER = Server(OPConfiguration(CONFIGURATION))
CONTEXT = SERVER.get_context()
CONTEXT.provider_info["jwks_uri"] = f"{ISSUER}/keys"
CONTEXT.cdb["portolan"] = {
    "client_secret": "a secret of the journeys",
    "redirect_uris": [(CALLBACK, None)],
    "response_types_supported": ["code"],
    "id_token_signed_response_alg": "ES256",
    "allowed_scopes": list(SCOPE2CLAIMS),
}


def decide(form):
    """Goes on with the request that the form has kept, as whom it names."""
    authorization, method = SERVER.get_endpoint("authorization"), CONTEXT.authn_broker["asked"]["method"]
    asked = method.unpack_token(form["token"])
    request = AuthorizationRequest().from_urlencoded(asked["query"])
    if form["answer"] != "yes":
        refusal = {"error": "access_denied", "error_description": "Nothing was allowed", "state": request["state"], "iss": ISSUER}
        return 302, {"location": f"{request['redirect_uri']}?{urlencode(refusal)}"}, ""
    session = authorization.create_session(request, form["name"], asked["authn_class_ref"], asked["iat"], method)
    return answered(authorization, request, authorization.authz_part2(request=request, session_id=session))


def answered(endpoint, request, args):
    """What an endpoint has to say: status, headers, body."""
    if "error" in args:
        return 400, JSON, json.dumps({key: args[key] for key in ("error", "error_description") if key in args})
    if "http_response" in args:
        return 200, HTML, args["http_response"]
    info = endpoint.do_response(request=request, **args)
    cookies = {"set-cookie": f"{it['name']}={it['value']}; Path=/; HttpOnly" for it in args.get("cookie", [])}
    if (info.get("response_placement") or endpoint.response_placement) == "url":
        return 302, {"location": info["response"], **cookies}, ""
    return 200, {**dict(info["http_headers"]), **cookies}, info["response"]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send(*self.answer(dict(parse_qsl(urlsplit(self.path).query))))

    def do_POST(self):
        self.send(*self.answer(dict(parse_qsl(self.body()))))

    def do_PUT(self):
        GROUPS[self.path.removeprefix("/people/")] = json.loads(self.body())
        self.send(200, JSON, "{}")

    def body(self):
        return self.rfile.read(int(self.headers["content-length"] or 0)).decode()

    def answer(self, fields):
        path = urlsplit(self.path).path.strip("/")
        own = {
            "keys": lambda: (200, JSON, SERVER.keyjar.export_jwks_as_json()),
            "consent": lambda: (200, HTML, consent(fields["token"], fields["name"])),
            "answer": lambda: decide(fields),
        }
        if path in own:
            return own[path]()
        endpoint = next((it for it in SERVER.endpoint.values() if it.endpoint_path == path), None)
        if endpoint is None:
            return 404, HTML, ""
        headers = {name.lower(): value for name, value in self.headers.items()}
        cookies = [{"name": it.key, "value": it.value} for it in SimpleCookie(headers.get("cookie")).values()]
        http = {"headers": headers, "method": self.command, "url": ISSUER + self.path, "cookie": cookies}
        try:
            request = endpoint.parse_request(fields, http_info=http)
        except ClientAuthenticationError as error:
            return 401, JSON, json.dumps({"error": "invalid_client", "error_description": str(error)})
        args = request if "error" in request else endpoint.process_request(request, http_info=http)
        return answered(endpoint, request, args)

    def send(self, status, headers, body):
        self.send_response(status)
        for name, value in {"content-length": len(body.encode()), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
print(f"ready: {ISSUER}", flush=True)
server.serve_forever()
