// A foreign issuer for our resource server: `mcp-oauth2 http --issuer URL`, where a certified provider signs the tokens. What
// has to be let in, and how far; identity_tokens.mjs has what has to be refused.

import { INSECURE, accepted, callTool, checkTools, refused, tooWeak, withClient } from './identity_mcp.mjs';
import { ForeignIssuer, newKeys } from './identity_provider.mjs';
import { encode, judgeTokens } from './identity_tokens.mjs';
import { Visitor, equal, expect, installed, withProgram } from './identity_tools.mjs';

const oauth = await installed('oauth4webapi/build/index.js');

const ALGORITHMS = ['RS256', 'PS256', 'ES256'];
const REVISIONS = ['2025-11-25', '2026-07-28'];
const READ = ['mcp.access', 'mcp.read'];
const WRITE = [...READ, 'mcp.write'];

export async function judgeIssuer(checks, { path }) {
  const keys = await newKeys('first');
  const issuer = await ForeignIssuer.start(keys);
  try {
    await withProgram(path, ['http', '--issuer', issuer.issuer], async (url) => {
      await judgeDiscovery(checks, issuer, url);
      await judgeScopes(checks, issuer, url);
      await judgeTokens(checks, issuer, url, keys);
      // The last: afterwards other keys sign.
      await judgeRotation(checks, issuer, url, keys);
    });
  } finally {
    await issuer.stop();
  }
  await judgeOutage(checks, path);
}

async function judgeDiscovery(checks, issuer, url) {
  await checks.check('without a token: a challenge that leads to the issuer', async () => {
    const anonymous = (url, headers, body) => fetch(url, { method: 'POST', headers, body });
    const { status, headers } = await callTool(url, '', 'hello', { send: anonymous });
    const challenge = headers.get('www-authenticate');
    equal([status, /error=/.test(challenge)], [401, false], 'the answer (RFC 6750, section 3.1: no error without credentials)');
    const metadata = await oauth.resourceDiscoveryRequest(new URL(url), INSECURE);
    expect(challenge.includes(`resource_metadata="${metadata.url}"`), challenge);
    const resource = await oauth.processResourceDiscoveryResponse(new URL(url), metadata);
    equal(resource.authorization_servers, [issuer.issuer], 'the issuer');
    return `scopes ${resource.scopes_supported.join(' ')}`;
  });
}

async function judgeScopes(checks, issuer, url) {
  for (const alg of ALGORITHMS) {
    for (const revision of REVISIONS) {
      await checks.check(`${alg}, the official client in ${revision}`, async () => {
        issuer.alg = alg;
        const caller = await checkTools(url, revision, await issuer.token(url), READ);
        equal(caller, { subject: 'foreign-client', client_id: 'foreign-client', issuer: issuer.issuer, scopes: READ }, 'the caller');
        return `${caller.subject} reads`;
      });
    }
  }
  issuer.alg = 'RS256';
  await checks.check('more scopes show and allow more tools', async () => {
    await checkTools(url, '2026-07-28', await issuer.token(url, { scope: WRITE.join(' ') }), WRITE);
    return WRITE.join(' ');
  });
  await checks.check('people who sign in at the issuer have notes of their own', async () => {
    issuer.people = ['ada', 'grace'];
    const visit = async () => (await issuer.visit(new Visitor(), { resource: url, scope: `openid ${WRITE.join(' ')}` })).access_token;
    const [ada, grace] = [await visit(), await visit()];
    const note = { title: 'of ada', text: 'alone' };
    await accepted(url, ada, 'create_note', { args: note });
    const titles = (token) =>
      withClient(url, '2025-11-25', token, async (client) => {
        const { structuredContent } = await client.callTool({ name: 'list_notes', arguments: {} });
        return structuredContent.notes.map(({ title }) => title);
      });
    equal([await titles(ada), await titles(grace)], [['of ada'], []], "ada's and grace's notes");
  });
  await checks.check('too few scopes for a tool: all that it needs are named', async () => {
    await tooWeak(url, await issuer.token(url, { scope: 'mcp.access' }), 'whoami', READ);
    return tooWeak(url, await issuer.token(url), 'create_note', ['mcp.access', 'mcp.write']);
  });
  await checks.check('a scope for tools, but not the one to be let in', async () =>
    tooWeak(url, await issuer.token(url, { scope: 'mcp.read' }), 'whoami', READ),
  );
  await checks.check('a token without any scope', async () => tooWeak(url, await issuer.token(url, { scope: '' }), 'hello', ['mcp.access']));
}

async function judgeRotation(checks, issuer, url, first) {
  const second = await newKeys('second');
  const third = await newKeys('third');
  const old = await issuer.token(url);
  let newer;
  await checks.check('rotation: a new key is found when it signs, the old one is still good', async () => {
    issuer.rotate([...second, ...first]);
    newer = await issuer.token(url);
    const waited = await untilAccepted(url, newer);
    await accepted(url, old);
    return `after ${waited} s`;
  });
  await checks.check('rotation: a key that is published no more is good no more', async () => {
    issuer.rotate([...third, ...second]);
    const waited = await untilAccepted(url, await issuer.token(url));
    await accepted(url, newer);
    return `after ${waited} s: ${await refused(url, old, /no such key/)}`;
  });
  await checks.check('200 made-up keys at a time: one look-up, and nobody else waits', async () => {
    const token = await issuer.token(url);
    const before = issuer.fetched;
    const [head, ...rest] = token.split('.');
    const madeUp = (kid) => [encode({ ...JSON.parse(Buffer.from(head, 'base64url')), kid }), ...rest].join('.');
    const all = Promise.all(Array.from({ length: 200 }, (_, index) => callTool(url, madeUp(`made-up-${index}`))));
    const began = performance.now();
    await accepted(url, token);
    const waited = Math.round(performance.now() - began);
    expect(waited < 2000, `a good token waited ${waited} ms`);
    const statuses = new Map();
    for (const { status } of await all) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    equal([...statuses.keys()].filter((status) => ![401, 503].includes(status)), [], 'other answers');
    equal(issuer.fetched - before, 1, 'the number of look-ups');
    return [...statuses].map(([status, count]) => `${count} times ${status}`).join(', ');
  });
}

// An issuer that cannot be reached is nobody's fault: 503, and no word against the token. What is known stays good.
async function judgeOutage(checks, path) {
  const keys = await newKeys('only');
  const up = await ForeignIssuer.start(keys);
  const { port, issuer } = up;
  await withProgram(path, ['http', '--issuer', issuer], async (url) => {
    const [one, another] = [await up.token(url), await up.token(url)];
    await up.stop();
    await checks.check('the issuer is away from the start: 503, and try again', async () => {
      const { status, result, challenge, headers } = await callTool(url, one);
      equal([status, result, challenge], [503, undefined, undefined], 'the answer');
      return `Retry-After: ${Number(headers.get('retry-after')) || expect(false, 'no Retry-After')}`;
    });
    const again = await ForeignIssuer.start(keys, { port });
    let waited;
    try {
      await checks.check('it comes back: the same token is good', async () => `after ${(waited = await untilAccepted(url, one))} s`);
    } finally {
      await again.stop();
    }
    await checks.check('it goes away again: known keys verify tokens never seen before', async () => {
      expect(waited !== undefined, 'it was never back');
      return accepted(url, another);
    });
  });
}

// Keys are looked up at most every few seconds, so a client may have to try again.
async function untilAccepted(url, token) {
  const began = performance.now();
  for (;;) {
    const { status, challenge } = await callTool(url, token);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    if (status === 200) return seconds;
    expect(seconds < 15, `not within ${seconds} s: ${status} ${challenge?.error_description}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
