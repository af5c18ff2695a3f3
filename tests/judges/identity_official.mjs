// The official TypeScript client finds its way by itself: from a 401 over discovery and a person's visit to a token, from an
// expired token to a fresh one, and from a 403 to more scopes. Only the visit is ours.

import { REDIRECT } from './identity_flow.mjs';
import { PUBLIC, Visitor, equal, expect, failure, installed } from './identity_tools.mjs';

const { Client, StreamableHTTPClientTransport, UnauthorizedError } = await installed('@modelcontextprotocol/client/dist/index.mjs');

// What an MCP host keeps for one server. `fields` adds to it, such as a session for proofs of a key.
class Host {
  visitor = new Visitor();
  visits = [];

  constructor(url, fields = {}) {
    Object.assign(this, { url: new URL(url), redirectUrl: REDIRECT }, fields);
    this.clientMetadata = {
      client_name: 'A host',
      redirect_uris: [REDIRECT],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      application_type: 'native',
    };
  }

  state = () => (this.asked = crypto.randomUUID());
  clientInformation = () => this.information;
  saveClientInformation = (information) => (this.information = information);
  tokens = () => this.saved;
  saveTokens = (tokens) => (this.saved = tokens);
  saveCodeVerifier = (verifier) => (this.verifier = verifier);
  codeVerifier = () => this.verifier;
  redirectToAuthorization = (url) => this.visits.push(url);
  saveDiscoveryState = (state) => (this.discovered = state);
  discoveryState = () => this.discovered;

  // The person goes where the client has sent the browser, approves, and comes back.
  async comeBack(transport) {
    const answer = new URL(await this.visitor.decide(this.visits.at(-1).href));
    equal(answer.searchParams.get('state'), this.asked, 'the state');
    await transport.finishAuth(answer.searchParams);
  }

  #client(revision) {
    const mode = revision === '2025-11-25' ? 'legacy' : { pin: revision };
    const client = new Client({ name: 'judge', version: '1' }, { versionNegotiation: { mode } });
    return { client, transport: new StreamableHTTPClientTransport(this.url, { authProvider: this }) };
  }

  async connected(revision, use) {
    const { client, transport } = this.#client(revision);
    await client.connect(transport);
    try {
      equal(client.getNegotiatedProtocolVersion(), revision, 'the revision');
      return await use(client, transport);
    } finally {
      await client.close();
    }
  }

  // From nothing to a token.
  async introduce(revision) {
    const { client, transport } = this.#client(revision);
    const error = await failure(client.connect(transport));
    expect(error instanceof UnauthorizedError || error.cause instanceof UnauthorizedError, error);
    await this.comeBack(transport);
    await client.close();
  }
}

export async function judgeOfficial(checks, resource, fields = () => ({})) {
  const information = { client_id: PUBLIC, issuer: new URL(resource).origin };
  const known = async () => new Host(resource, { information, ...(await fields()) });
  const call = async (client, name, args = {}) => (await client.callTool({ name, arguments: args })).structuredContent;
  for (const revision of ['2025-11-25', '2026-07-28']) {
    await checks.check(`the official client finds its way from a 401, in ${revision}`, async () => {
      const host = await known();
      await host.introduce(revision);
      const scope = host.visits[0].searchParams.get('scope');
      // No more than the server needs to let anybody in.
      equal([host.visits.length, host.visits[0].searchParams.get('resource'), scope], [1, resource, 'mcp.access'], 'the visit');
      return host.connected(revision, async (client) => (await call(client, 'hello')).text);
    });
    await checks.check(`the official client refreshes by itself, in ${revision}`, async () => {
      const host = await known();
      await host.introduce(revision);
      const before = host.saved;
      host.saved = { ...before, access_token: `${before.access_token}x` };
      await host.connected(revision, (client) => call(client, 'hello'));
      equal(host.visits.length, 1, 'the number of visits');
      expect(host.saved.refresh_token !== before.refresh_token, 'the refresh token is the same');
    });
    await checks.check(`the official client asks for more when a tool needs it, in ${revision}`, async () => {
      const host = await known();
      await host.introduce(revision);
      return host.connected(revision, async (client, transport) => {
        const steps = { whoami: {}, create_note: { title: 'a step up', text: 'text' } };
        for (const [name, args] of Object.entries(steps)) {
          await failure(call(client, name, args));
          await host.comeBack(transport);
          await call(client, name, args);
        }
        equal(host.visits.length, 3, 'the number of visits');
        equal(host.saved.scope, 'mcp.access mcp.read mcp.write', 'what has come together');
        return host.saved.scope;
      });
    });
  }
}

export async function judgeRegistration(checks, resource) {
  await checks.check('the official client registers itself, and comes in', async () => {
    const host = new Host(resource);
    await host.introduce('2026-07-28');
    await host.connected('2026-07-28', (client) => client.callTool({ name: 'hello', arguments: {} }));
    expect(host.information.client_id.startsWith('dcr-'), host.information);
    return host.information.client_id.slice(0, 12);
  });
}
