// The gateway, between the official client and our server, with tokens of a certified provider; and in front of a server
// that only writes down what reaches it.

import { accepted, callTool, checkTools, refused } from './identity_mcp.mjs';
import { ForeignIssuer, newKeys } from './identity_provider.mjs';
import { equal, expect, withListener, withProgram } from './identity_tools.mjs';

const READ = ['mcp.access', 'mcp.read'];

export async function judgeGateway(checks, { path }) {
  const issuer = await ForeignIssuer.start(await newKeys('first'));
  const gateway = (upstream, audience, use) => {
    const flags = ['--upstream', upstream, '--issuer', issuer.issuer, '--audience', audience];
    const config = ['--openid-config', `${issuer.issuer}/.well-known/openid-configuration`];
    return withProgram(path, ['gateway', ...flags, ...config], use);
  };
  try {
    await withProgram(path, ['http', '--issuer', issuer.issuer], (server) =>
      gateway(server, server, (url) => judgeBoth(checks, issuer, url, server)),
    );
    const seen = [];
    await withListener(writesDown(seen), (server) => gateway(`${server}/mcp`, `${server}/mcp`, (url) => judgeFirst(checks, issuer, url, seen)));
  } finally {
    await issuer.stop();
  }
}

async function judgeBoth(checks, issuer, url, server) {
  for (const revision of ['2025-11-25', '2026-07-28']) {
    await checks.check(`the official client through the gateway, in ${revision}`, async () => {
      const { subject } = await checkTools(url, revision, await issuer.token(server), READ);
      return subject;
    });
  }
  await checks.check("a token for both, and one for the gateway alone: the server's own check stays", async () => {
    const both = await issuer.token(server, { change: ({ payload }) => (payload.aud = [url, server]) });
    await accepted(url, both);
    return refused(url, await issuer.token(url), /audience/);
  });
  await checks.check('too few scopes: the answer of the server comes through', async () => {
    const { status, challenge } = await callTool(url, await issuer.token(server, { scope: 'mcp.access' }), 'whoami');
    equal([status, challenge.error, challenge.scope], [403, 'insufficient_scope', 'mcp.access mcp.read'], 'the refusal');
  });
}

async function judgeFirst(checks, issuer, url, seen) {
  const reaches = async (token) => {
    seen.length = 0;
    const answer = await callTool(url, token);
    return { ...answer, reached: seen.length };
  };
  await checks.check('a good token reaches the server, as it is', async () => {
    const token = await issuer.token(url);
    const { status, reached } = await reaches(token);
    equal([status, reached, seen[0]?.authorization], [200, 1, `Bearer ${token}`], 'what reached the server');
  });
  const seconds = () => Math.floor(Date.now() / 1000);
  const bad = {
    'for another resource': () => issuer.token('https://other.example/mcp'),
    'expired': () => issuer.token(url, { change: ({ payload }) => (payload.exp = seconds() - 3600) }),
    'of another issuer': () => issuer.token(url, { change: ({ payload }) => (payload.iss = 'https://other.example') }),
    'tampered': async () => `${(await issuer.token(url)).slice(0, -8)}AAAAAAAA`,
    'that is none': async () => 'nonsense',
  };
  for (const [name, token] of Object.entries(bad)) {
    await checks.check(`a token ${name} does not reach the server`, async () => {
      const { status, reached, challenge } = await reaches(await token());
      equal([status, reached, challenge?.error], [401, 0, 'invalid_token'], 'what happened');
      return challenge.error_description;
    });
  }
  await checks.check('without a token nothing reaches the server', async () => {
    seen.length = 0;
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    equal([response.status, seen.length], [401, 0], 'what happened');
    expect(response.headers.get('www-authenticate')?.includes('resource_metadata='), 'no way to a token');
  });
}

function writesDown(seen) {
  return (request, response) => {
    seen.push(request.headers);
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":1,"result":{"content":[]}}');
  };
}
