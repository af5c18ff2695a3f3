"""MSAL for Python against the stand-in tenant; PyJWT verifies what it gets. Started by msal.mjs."""

import html
import json
import os
import re
import sys
import traceback
from urllib.parse import parse_qs, urlsplit

import jwt
import requests

# This file has the name of the library, and its own folder comes first.
sys.path.pop(0)
import msal  # noqa: E402

JOB = json.loads(os.environ["JUDGE"])
TENANT = "5d0c5bb4-9d0f-4c55-9a35-0d5a6c1e7a01"
SERVER = "2f6c0a1e-71d4-4b8f-b0a6-3e9d5c847b10"
LOCAL = "c41d7b93-0e5a-4f26-9b83-7a1f2d60e511"
HOST = "9e3a5d78-64b2-4c01-8f7d-b5c0e2a91f12"
DAEMON = "71b8e6f4-2a9c-4d37-a5e0-c8f413d62b13"
ADA, MIA = "ada@meadow.example", "mia@meadow.example"
AUTHORITY = f"{JOB['authority']}/{TENANT}"
READ, DEFAULT = f"api://{SERVER}/mcp.tools.read", f"api://{SERVER}/.default"
GRAPH, GRAPH_DEFAULT = "https://graph.microsoft.com", "https://graph.microsoft.com/.default"
REDIRECT = "http://localhost:53683/callback"
SECONDS = 30


# The authority is none of Microsoft's, so MSAL must not ask Microsoft about it.
def public(client):
    return msal.PublicClientApplication(client, authority=AUTHORITY, instance_discovery=False)


def confidential(client, credential):
    return msal.ConfidentialClientApplication(
        client, authority=AUTHORITY, instance_discovery=False, client_credential=credential
    )


def keys():
    return jwt.PyJWKClient(f"{AUTHORITY}/discovery/v2.0/keys")


def verified(token, audience, version=2, of=None):
    """The claims of a token whose signature, issuer, audience and times are right."""
    key = (of or keys()).get_signing_key_from_jwt(token)
    issuer = f"{AUTHORITY}/v2.0" if version == 2 else f"{AUTHORITY}/"
    return jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=issuer)


class Visitor:
    """A person at the pages, over plain HTTP."""

    def __init__(self, name):
        self.name, self.session = name, requests.Session()

    def open(self, url):
        return self.follow(self.session.get(url, allow_redirects=False, timeout=SECONDS))

    def submit(self, page, **fields):
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
        data = {name: html.unescape(value) for name, value in hidden} | fields
        action = html.unescape(re.search(r'<form method="post" action="([^"]*)"', page)[1])
        headers = {"Origin": JOB["authority"]}
        answer = self.session.post(action, data=data, headers=headers, allow_redirects=False, timeout=SECONDS)
        return self.follow(answer)

    def follow(self, answer):
        to = answer.headers.get("Location")
        if to is None:
            return answer.text
        return self.open(to) if to.startswith(JOB["authority"]) else ("left", to)

    def walk(self, page):
        """Signs in and allows what is asked for; returns the last page, or where the site sends the browser."""
        for _ in range(8):
            if isinstance(page, tuple):
                return page[1]
            if 'type="password"' in page:
                page = self.submit(page, username=self.name, password=JOB["password"])
            elif 'value="allow"' in page:
                page = self.submit(page, decision="allow")
            else:
                return page
        raise AssertionError("the pages do not end")


def sign_in(app, user, scopes, **more):
    """Code and PKCE, as an MCP host does it."""
    flow = app.initiate_auth_code_flow(scopes, redirect_uri=REDIRECT, **more)
    back = walk_to(user, flow["auth_uri"])
    answer = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    return good(app.acquire_token_by_auth_code_flow(flow, answer))


def walk_to(user, url):
    visitor = Visitor(user)
    return visitor.walk(visitor.open(url))


def good(result):
    assert "access_token" in result, result
    return result


def client_credentials_with_a_secret_and_from_the_cache():
    app = confidential(DAEMON, JOB["secret"])
    first = good(app.acquire_token_for_client([DEFAULT]))
    claims = verified(first["access_token"], SERVER)
    assert (claims["roles"], claims["azpacr"], claims["idtyp"]) == (["Mcp.Tools.Read.All"], "1", "app"), claims
    assert good(app.acquire_token_for_client([DEFAULT]))["token_source"] == "cache"


def client_credentials_with_a_certificate():
    credential = {"private_key": JOB["key"], "public_certificate": JOB["certificate"]}
    result = good(confidential(SERVER, credential).acquire_token_for_client([GRAPH_DEFAULT]))
    assert verified(result["access_token"], GRAPH, 1)["appidacr"] == "2"


def client_credentials_with_the_token_of_another_issuer():
    app = confidential(SERVER, {"client_assertion": lambda: JOB["assertion"]})
    result = good(app.acquire_token_for_client([GRAPH_DEFAULT]))
    assert verified(result["access_token"], GRAPH, 1)["appid"] == SERVER


def authorization_code_with_pkce_silently_and_refreshed():
    app = public(HOST)
    result = sign_in(app, ADA, [READ])
    claims = verified(result["access_token"], SERVER)
    assert (claims["scp"], claims["azp"]) == ("mcp.tools.read", HOST), claims
    assert verified(result["id_token"], HOST)["oid"] == claims["oid"]
    [account] = app.get_accounts()
    assert account["username"] == ADA, account
    silent = good(app.acquire_token_silent([READ], account))
    assert silent["access_token"] == result["access_token"]
    fresh = good(app.acquire_token_silent([READ], account, force_refresh=True))
    assert fresh["access_token"] != result["access_token"]
    verified(fresh["access_token"], SERVER)


def a_device_code():
    app = public(LOCAL)
    flow = app.initiate_device_flow(["User.Read"])
    assert flow["user_code"] in flow["message"], flow
    pending = app.acquire_token_by_device_flow(flow, exit_condition=lambda flow: True)
    assert (pending["error"], pending["error_codes"]) == ("authorization_pending", [70016]), pending
    visitor = Visitor(ADA)
    last = visitor.walk(visitor.submit(visitor.open(flow["verification_uri"]), otc=flow["user_code"]))
    assert "You have signed in" in last, last
    result = good(app.acquire_token_by_device_flow(flow))
    assert verified(result["access_token"], GRAPH, 1)["upn"] == ADA


def on_behalf_of_somebody_to_graph():
    token = sign_in(public(HOST), ADA, [READ])["access_token"]
    app = confidential(SERVER, JOB["secret"])
    result = good(app.acquire_token_on_behalf_of(token, [GRAPH_DEFAULT]))
    headers = {"Authorization": f"Bearer {result['access_token']}"}
    me = requests.get(f"{JOB['authority']}/graph/v1.0/me", headers=headers, timeout=SECONDS)
    assert (me.status_code, me.json()["displayName"]) == (200, "Ada Brook"), me.text


def a_claims_challenge_and_a_sign_in_that_meets_it():
    host, app = public(HOST), confidential(SERVER, JOB["secret"])
    token = sign_in(host, MIA, [READ])["access_token"]
    refused = app.acquire_token_on_behalf_of(token, [GRAPH_DEFAULT])
    assert (refused["error"], refused["error_codes"]) == ("interaction_required", [50076]), refused
    again = sign_in(host, MIA, [READ], claims_challenge=refused["claims"])["access_token"]
    result = good(app.acquire_token_on_behalf_of(again, [GRAPH_DEFAULT]))
    assert verified(result["access_token"], GRAPH, 1)["amr"] == ["pwd", "mfa"]


def refusals_with_their_codes():
    wrong = confidential(DAEMON, "a wrong secret").acquire_token_for_client([DEFAULT])
    assert (wrong["error"], wrong["error_codes"]) == ("invalid_client", [7000215]), wrong
    token = sign_in(public(HOST), ADA, [READ])["access_token"]
    app = confidential(SERVER, JOB["secret"])
    consent = app.acquire_token_on_behalf_of(token, ["GroupMember.Read.All"])
    assert (consent["error_codes"], consent["suberror"]) == ([65001], "consent_required"), consent
    other = app.acquire_token_on_behalf_of(good(app.acquire_token_for_client([DEFAULT]))["access_token"], [GRAPH_DEFAULT])
    assert other["error_codes"] == [7000114], other


def keys_that_change_in_flight():
    app, of = confidential(DAEMON, JOB["secret"]), keys()
    before = good(app.acquire_token_for_client([DEFAULT]))["access_token"]
    verified(before, SERVER, of=of)
    headers = {"Authorization": f"Bearer {JOB['controls']}"}
    rotated = requests.post(f"{JOB['authority']}/stand-in/rotate-keys", headers=headers, timeout=SECONDS).json()
    app = confidential(DAEMON, JOB["secret"])
    after = good(app.acquire_token_for_client([DEFAULT]))["access_token"]
    assert jwt.get_unverified_header(after)["kid"] == rotated["kid"]
    # The key set that was read before knows the next key too; one that is read now still knows the old one.
    verified(after, SERVER, of=of)
    verified(before, SERVER)


CHECKS = [
    client_credentials_with_a_secret_and_from_the_cache,
    client_credentials_with_a_certificate,
    client_credentials_with_the_token_of_another_issuer,
    authorization_code_with_pkce_silently_and_refreshed,
    a_device_code,
    on_behalf_of_somebody_to_graph,
    a_claims_challenge_and_a_sign_in_that_meets_it,
    refusals_with_their_codes,
    keys_that_change_in_flight,
]


def main():
    failed = False
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            check()
            print(f"ok {name}", flush=True)
        except Exception:
            failed = True
            print(f"FAILED {name}: {traceback.format_exc()}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
