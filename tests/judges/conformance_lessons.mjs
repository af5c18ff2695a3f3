// Those of the suite's scenarios that need no tool, prompt or resource of a given name, against every lesson, one by one,
// so that a scenario which ticks without having checked anything is seen.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expected } from './expectations.mjs';
import { isProtected, withHttpServer } from './lessons.mjs';
import { describe, isVacuous, runSuite } from './suite.mjs';

// Scenario and, where only some servers can pass it, the capability that makes it apply. `completion-complete` is not
// here, because it asks for a prompt by the suite's own name; clients.mjs completes what the server really has.
const SCENARIOS = {
  '2025-11-25': [
    ['server-initialize'],
    ['ping'],
    ['tools-list', 'tools'],
    ['resources-list', 'resources'],
    ['prompts-list', 'prompts'],
    ['server-sse-multiple-streams'],
    ['dns-rebinding-protection'],
    ['server-session-lifecycle'],
  ],
  '2026-07-28': [
    ['server-stateless'],
    ['tools-list', 'tools'],
    ['resources-list', 'resources'],
    ['prompts-list', 'prompts'],
    ['sep-2164-resource-not-found', 'resources'],
    ['server-sse-multiple-streams'],
    ['dns-rebinding-protection'],
    ['http-header-validation'],
    ['caching'],
  ],
};

// `caching` asks for every list, also for those that the server rightly does not have.
const CHECK_NEEDS = {
  'sep-2549-tools-list-caching-hints': 'tools',
  'sep-2549-prompts-list-caching-hints': 'prompts',
  'sep-2549-resources-list-caching-hints': 'resources',
  'sep-2549-resources-templates-list-caching-hints': 'resources',
};

const AT_ONCE = 3; // a scenario mostly waits

// Judges one server; `report` hears of each scenario, in the order of the list, whatever ends first.
export async function judgeLesson(server, results, report) {
  try {
    await withHttpServer(server.path, (url) => judge(server, url, results, report));
  } catch (error) {
    report({ server: server.name, revision: '', scenario: 'start and end', problems: [error.message] });
  }
}

async function judge(server, url, results, report) {
  if (await isProtected(url)) {
    console.log(`       ${server.name} wants an access token: the suite has none, and judges nothing`);
    return;
  }
  const capabilities = await capabilitiesOf(url, server.revisions);
  const output = join(results, 'conformance', server.name);
  rmSync(output, { recursive: true, force: true });
  const queue = server.revisions
    .flatMap((revision) => (SCENARIOS[revision] ?? []).map(([scenario, needs]) => ({ revision, scenario, needs })))
    .filter(({ needs }) => !needs || capabilities[needs]);
  const verdicts = queue.map(() => Promise.withResolvers());
  let next = 0;
  const worker = async () => {
    for (let index; (index = next++) < queue.length; ) {
      const { revision, scenario } = queue[index];
      const argv = ['server', '--url', url, '--scenario', scenario, '--spec-version', revision];
      const ran = runSuite(argv, join(output, revision, scenario), 90);
      verdicts[index].resolve(await ran.then(([only]) => ({ checks: only.checks }), (error) => ({ checks: [], error: error.message })));
    }
  };
  const workers = Promise.all(Array.from({ length: AT_ONCE }, worker));
  for (const [index, { revision, scenario }] of queue.entries()) {
    const { checks, error } = await verdicts[index].promise;
    report({ server: server.name, revision, scenario, ...verdict(server, scenario, capabilities, checks, error) });
  }
  await workers;
}

function verdict(server, scenario, capabilities, checks, error) {
  const applies = checks.filter((check) => !CHECK_NEEDS[check.id] || capabilities[CHECK_NEEDS[check.id]]);
  const { found, complaints } = expected(server.name, true, scenario, applies);
  const isBad = (check) => ['FAILURE', 'WARNING'].includes(check.status) && !found.has(check);
  const problems = [...(error ? [error] : []), ...complaints, ...applies.filter(isBad).map(describe)];
  if (isVacuous(applies) && !error) problems.push('nothing was checked');
  const counts = { SUCCESS: 0, FAILURE: 0, WARNING: 0, SKIPPED: 0, expected: 0 };
  for (const check of applies) {
    if (found.has(check) && check.status !== 'SKIPPED') counts.expected += 1;
    else if (check.status in counts) counts[check.status] += 1;
  }
  return { counts, problems };
}

// What the server says it has, asked in the newest revision that it speaks.
async function capabilitiesOf(url, revisions) {
  const clientInfo = { name: 'judge', version: '1' };
  const isModern = revisions.includes('2026-07-28');
  const prefix = 'io.modelcontextprotocol/';
  const [method, params] = isModern
    ? ['server/discover', { _meta: { [`${prefix}protocolVersion`]: '2026-07-28', [`${prefix}clientInfo`]: clientInfo, [`${prefix}clientCapabilities`]: {} } }]
    : ['initialize', { protocolVersion: revisions[0], clientInfo, capabilities: {} }];
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  if (isModern) Object.assign(headers, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method });
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(30_000) });
  const text = await response.text();
  // An answer is plain JSON or one event.
  const answer = JSON.parse(text.startsWith('{') ? text : (/^data: *(\{.*)$/m.exec(text)?.[1] ?? '{}'));
  return answer.result?.capabilities ?? Promise.reject(new Error(`${method} is answered with ${response.status} ${text.slice(0, 300)}`));
}
