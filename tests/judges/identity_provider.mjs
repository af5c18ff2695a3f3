// A certified OpenID provider (npm oidc-provider) on this machine, as it would be in another company: its own keys, its own
// people, its own clients. Whoever comes is signed in as ada, or as the next one in `people`.

import { createServer } from 'node:http';
import { expect, installed } from './identity_tools.mjs';

const { default: Provider } = await installed('oidc-provider/lib/index.js');
const { createMemoryAdapter } = await installed('oidc-provider/lib/adapters/memory_adapter.js');
const jose = await installed('jose/dist/webapi/index.js');

const CLIENT = { id: 'foreign-client', secret: 'a-secret-of-the-foreign-client' };
const REDIRECT = 'https://app.example/callback';
const SCOPES = 'mcp.access mcp.read mcp.write mcp.admin';

// Keys for every algorithm that is tried. The RSA key is for any of its kind.
export async function newKeys(name) {
  const key = async (alg, kid, fields = {}) => {
    const { privateKey } = await jose.generateKeyPair(alg, { extractable: true });
    return { ...(await jose.exportJWK(privateKey)), kid: `${name}-${kid}`, use: 'sig', ...fields };
  };
  return [await key('RS256', 'rsa'), await key('ES256', 'ec', { alg: 'ES256' }), await key('EdDSA', 'ed', { alg: 'EdDSA' })];
}

export class ForeignIssuer {
  // What is signed next: by which algorithm, in which format, and with which claims and headers besides the provider's own.
  alg = 'RS256';
  format = 'jwt';
  change = () => {};
  people = [];
  // How often somebody has fetched the keys.
  fetched = 0;
  #server;
  #keys;
  #provider;

  // `issuer` is another name than its address only for one that lies.
  static async start(keys, { port = 0, issuer } = {}) {
    const self = new ForeignIssuer();
    self.#server = createServer((request, response) => self.#answer(request, response));
    await new Promise((resolve, reject) => self.#server.once('error', reject).listen(port, '127.0.0.1', resolve));
    self.port = self.#server.address().port;
    self.address = `http://127.0.0.1:${self.port}`;
    self.issuer = issuer ?? self.address;
    self.rotate(keys);
    return self;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  // From now on it signs with the first of these keys that fits, and publishes all of them.
  rotate(keys) {
    this.#keys = keys;
    this.knows('https://nobody.example/');
  }

  // From now on it has a public client of this name.
  knows(name) {
    const grants = { grant_types: ['client_credentials', 'authorization_code'] };
    this.#provider = new Provider(this.issuer, {
      adapter: createMemoryAdapter(),
      jwks: { keys: this.#keys },
      clients: [
        { client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [REDIRECT], ...grants },
        { client_id: name, token_endpoint_auth_method: 'none', redirect_uris: [REDIRECT] },
      ],
      cookies: { keys: ['of the judges'] },
      ttl: { Session: 60, Interaction: 60, Grant: 600, IdToken: 300, AuthorizationCode: 60, AccessToken: 300, ClientCredentials: 300 },
      findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      formats: { customizers: { jwt: (_, token, jwt) => this.change(jwt) } },
      loadExistingGrant: (context) => this.#consent(context),
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_, resource) => ({
            scope: SCOPES,
            audience: resource,
            accessTokenTTL: 300,
            accessTokenFormat: this.format,
            jwt: { sign: { alg: this.alg } },
          }),
        },
      },
    });
  }

  async #answer(request, response) {
    if (request.url.startsWith('/jwks')) this.fetched += 1;
    if (!request.url.startsWith('/interaction/')) return this.#provider.callback()(request, response);
    const login = { accountId: this.people.shift() ?? 'ada' };
    await this.#provider.interactionFinished(request, response, { login });
  }

  async #consent({ oidc }) {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid');
    if (oidc.params.resource) grant.addResourceScope(oidc.params.resource, SCOPES);
    await grant.save();
    return grant;
  }

  // An access token of the client in its own name, with what `change` makes of it.
  async token(resource, { scope = 'mcp.access mcp.read', change = () => {} } = {}) {
    this.change = change;
    const form = { grant_type: 'client_credentials', resource, ...(scope && { scope }) };
    return (await this.#post(form)).access_token;
  }

  // The tokens that come from a person's visit; `client` is a public one.
  async visit(visitor, { resource, scope, client }) {
    this.change = () => {};
    const client_id = client ?? CLIENT.id;
    const asked = { client_id, response_type: 'code', scope, redirect_uri: REDIRECT, ...(resource && { resource }) };
    // RFC 7636, appendix B.
    const pkce = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' };
    const { left, html } = await visitor.open(`${this.address}/auth?${new URLSearchParams({ ...asked, ...pkce })}`);
    const code = left && new URL(left).searchParams.get('code');
    expect(code, `no code: ${left ?? html}`);
    const code_verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier };
    return this.#post({ ...form, ...(resource && { resource }), ...(client && { client_id: client }) });
  }

  async #post(form) {
    const headers = form.client_id ? {} : { authorization: `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}` };
    const response = await fetch(`${this.address}/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
    const body = await response.json();
    expect(response.ok, body);
    return body;
  }
}
