// The protected server as strangers use it: the official TypeScript client, and single requests with a token.

import { equal, expect, installed } from './identity_tools.mjs';

const { Client, StreamableHTTPClientTransport } = await installed('@modelcontextprotocol/client/dist/index.mjs');
const oauth = await installed('oauth4webapi/build/index.js');

const REVISION = '2026-07-28';
const META = 'io.modelcontextprotocol/';
const META_FIELDS = { protocolVersion: REVISION, clientInfo: { name: 'judge', version: '1' }, clientCapabilities: {} };
export const INSECURE = { [oauth.allowInsecureRequests]: true };
const TOOLS = {
  'mcp.access': ['hello'],
  'mcp.read': ['list_notes', 'read_note', 'whoami'],
  'mcp.write': ['create_note'],
  'mcp.admin': ['delete_note'],
};

// The official client, connected at a revision while `use` runs. `access` is a token for its header, or else options of its
// transport that say how it gets in.
export async function withClient(url, revision, access, use) {
  const mode = revision === '2025-11-25' ? 'legacy' : { pin: revision };
  const client = new Client({ name: 'judge', version: '1' }, { versionNegotiation: { mode } });
  const options = typeof access === 'string' ? { requestInit: { headers: { authorization: `Bearer ${access}` } } } : access;
  await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
  try {
    equal(client.getNegotiatedProtocolVersion(), revision, 'the revision');
    return await use(client);
  } finally {
    await client.close();
  }
}

// That the official client sees the tools of these scopes and no others; returns what whoami tells it.
export function checkTools(url, revision, access, scopes) {
  return withClient(url, revision, access, async (client) => {
    const { tools } = await client.listTools();
    equal(tools.map((tool) => tool.name).sort(), scopes.flatMap((scope) => TOOLS[scope]).sort(), 'the list of tools');
    const { structuredContent } = await client.callTool({ name: 'whoami', arguments: {} });
    equal(structuredContent.scopes.toSorted(), scopes.toSorted(), 'the scopes that whoami tells');
    return structuredContent;
  });
}

// One tools/call at the current revision, with its challenge read by a certified client. `send` may send it in another way
// than with a bearer token in the header.
export async function callTool(url, token, name = 'hello', { args = {}, send = bearer } = {}) {
  const _meta = Object.fromEntries(Object.entries(META_FIELDS).map(([field, value]) => [META + field, value]));
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args, _meta } });
  const headers = new Headers({
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': REVISION,
    'mcp-method': 'tools/call',
    'mcp-name': name,
  });
  let response;
  try {
    response = await send(new URL(url), headers, body, token);
  } catch (error) {
    if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error;
    const [{ scheme, parameters }] = error.cause;
    return { status: error.status, scheme, challenge: parameters, headers: error.response.headers };
  }
  const text = await response.text();
  const json = /^\{/.test(text) ? text : /^data: (\{.*)$/m.exec(text)?.[1];
  return { status: response.status, result: json && JSON.parse(json).result, headers: response.headers };
}

function bearer(url, headers, body, token) {
  return oauth.protectedResourceRequest(token, 'POST', url, headers, body, INSECURE);
}

// That a token is let in.
export async function accepted(url, token, tool, options) {
  const answer = await callTool(url, token, tool, options);
  expect(answer.status === 200 && answer.result && !answer.result.isError, answer);
  return answer.result.content[0].text;
}

// That a token is refused as RFC 6750 says, 401 and invalid_token, and for this reason.
export async function refused(url, token, why, options) {
  const { status, challenge } = await callTool(url, token, 'hello', options);
  equal([status, challenge?.error], [401, 'invalid_token'], 'the refusal');
  expect(why.test(challenge.error_description), `it is refused for another reason: ${challenge.error_description}`);
  expect(URL.canParse(challenge.resource_metadata), challenge);
  return challenge.error_description;
}

// That a token is too weak for a tool: 403, and every scope that is needed is named (RFC 6750, section 3.1).
export async function tooWeak(url, token, tool, needed) {
  const { status, challenge } = await callTool(url, token, tool);
  equal([status, challenge?.error], [403, 'insufficient_scope'], 'the refusal');
  equal(challenge.scope.split(' ').sort(), [...needed].sort(), 'the scopes to ask for');
  return `asks for ${challenge.scope}`;
}
