// A certified client (npm oauth4webapi) of our authorization server. Whatever that library finds wrong in an answer it
// throws; nothing is forgiven here but plain http.

import { INSECURE } from './identity_mcp.mjs';
import { CONFIDENTIAL, PUBLIC, SECRET, Visitor, equal, expect, failure, installed } from './identity_tools.mjs';

const oauth = await installed('oauth4webapi/build/index.js');

export const REDIRECT = 'http://127.0.0.1:49152/callback';
export const SCOPES = 'mcp.access mcp.read mcp.write';

// The metadata of an issuer, in the way of RFC 8414 (`oauth2`) or of OpenID Connect (`oidc`).
export async function discover(issuer, algorithm = 'oauth2') {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { ...INSECURE, algorithm }));
}

export class Party {
  // `dpop` binds its tokens to a key.
  constructor(as, resource, { id = PUBLIC, proof = oauth.None(), redirect = REDIRECT, dpop } = {}) {
    Object.assign(this, { as, resource, proof, redirect, client: { client_id: id }, visitor: new Visitor() });
    this.options = { ...INSECURE, ...(dpop && { DPoP: dpop }) };
  }

  static confidential(as, resource, options) {
    return new Party(as, resource, { id: CONFIDENTIAL, proof: oauth.ClientSecretBasic(SECRET), ...options });
  }

  // The authorization request, with some parameters changed; an undefined one is left out.
  async request(changes = {}) {
    this.verifier = oauth.generateRandomCodeVerifier();
    this.state = oauth.generateRandomState();
    const url = new URL(this.as.authorization_endpoint);
    const parameters = {
      client_id: this.client.client_id,
      redirect_uri: this.redirect,
      response_type: 'code',
      state: this.state,
      scope: SCOPES,
      resource: this.resource,
      code_challenge: await oauth.calculatePKCECodeChallenge(this.verifier),
      code_challenge_method: 'S256',
      ...changes,
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
    return url.href;
  }

  // What a person's decision brings back to the client, as it stands in the address.
  async ask(changes, decision) {
    const left = await this.visitor.decide(await this.request(changes), decision);
    expect(left.startsWith(`${this.redirect}?`), `the browser was sent to ${left}`);
    return new URL(left);
  }

  // The same, with `state` and `iss` checked.
  validate(url) {
    return oauth.validateAuthResponse(this.as, this.client, url, this.state);
  }

  async code(changes) {
    return this.validate(await this.ask(changes));
  }

  async exchange(callback, changes = {}) {
    const { verifier = this.verifier, redirect = this.redirect, ...more } = changes;
    const additionalParameters = { resource: this.resource, ...more };
    if (additionalParameters.resource === undefined) delete additionalParameters.resource;
    const options = { ...this.options, additionalParameters };
    const response = await oauth.authorizationCodeGrantRequest(this.as, this.client, this.proof, callback, redirect, verifier, options);
    return oauth.processAuthorizationCodeResponse(this.as, this.client, response);
  }

  async tokens(changes) {
    return this.exchange(await this.code(changes));
  }

  async refresh(token, additionalParameters = {}) {
    const options = { ...this.options, additionalParameters };
    const response = await oauth.refreshTokenGrantRequest(this.as, this.client, this.proof, token, options);
    return oauth.processRefreshTokenResponse(this.as, this.client, response);
  }

  // A token in its own name.
  async own(changes = {}) {
    const parameters = { scope: 'mcp.access mcp.read', resource: this.resource, ...changes };
    const response = await oauth.clientCredentialsGrantRequest(this.as, this.client, this.proof, parameters, this.options);
    return oauth.processClientCredentialsResponse(this.as, this.client, response);
  }

  async revoke(token) {
    await oauth.processRevocationResponse(await oauth.revocationRequest(this.as, this.client, this.proof, token, INSECURE));
  }

  async introspect(token) {
    const response = await oauth.introspectionRequest(this.as, this.client, this.proof, token, INSECURE);
    return oauth.processIntrospectionResponse(this.as, this.client, response);
  }
}

// The claims of an access token, checked by the library as a resource server would (RFC 9068).
export function validated(as, token, resource, options = {}) {
  const request = new Request(resource, { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(as, request, resource, { ...INSECURE, ...options });
}

// That a request to the token endpoint ends with this error, and what else is said about it.
export async function refusedWith(code, promise) {
  const error = await failure(promise);
  const status = code === 'invalid_client' ? 401 : 400;
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    const body = await error.response.json();
    equal([error.status, body.error, error.cause[0].scheme], [status, code, 'basic'], 'the refusal');
    return body.error_description;
  }
  if (!(error instanceof oauth.ResponseBodyError)) throw error;
  equal([error.status, error.error], [status, code], 'the refusal');
  return error.error_description;
}
