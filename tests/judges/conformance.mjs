// The official conformance suite: those of its scenarios that need no tool, prompt or resource of a given name, one by
// one, so that a scenario which ticks without having checked anything is seen.

import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chosen, fail, run, withHttpServer } from './lessons.mjs';

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

const SUITE = fileURLToPath(new URL('../../.tools/npm/node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));
const AT_ONCE = 3; // a scenario mostly waits

const { servers, isComplete, results } = chosen(process.argv.slice(2));
const expectations = readExpectations();
const counts = { passed: 0, failed: 0, checks: 0 };

row('server', 'revision', 'scenario', 'success', 'failure', 'warning', 'skipped', 'expected', '');
for (const server of servers.filter((server) => server.transports.includes('http'))) {
  try {
    await withHttpServer(server.path, (url) => judge(server, url));
  } catch (error) {
    report(false, server.name, '', 'start and end', [], [error.message]);
  }
}
for (const line of expectations) {
  const applied = line.server ? servers.some((server) => server.name === line.server) : isComplete;
  if (applied && !line.isNeeded) report(false, line.server ?? 'all', '', line.scenario, [], [`expected failure ${line.check} is not needed: remove its line`]);
}
console.log(`\n${counts.checks} checks succeeded`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed || !counts.passed ? 1 : 0;

async function judge(server, url) {
  const capabilities = await capabilitiesOf(url, server.revisions);
  const output = join(results, 'conformance', server.name);
  rmSync(output, { recursive: true, force: true });
  const queue = server.revisions
    .flatMap((revision) => (SCENARIOS[revision] ?? []).map(([scenario, needs]) => ({ revision, scenario, needs })))
    .filter(({ needs }) => !needs || capabilities[needs]);
  // The rows are printed in the order of the list, whatever ends first.
  const verdicts = queue.map(() => Promise.withResolvers());
  let next = 0;
  const worker = async () => {
    for (let index; (index = next++) < queue.length; ) {
      const { revision, scenario } = queue[index];
      verdicts[index].resolve(await runScenario(url, revision, scenario, join(output, revision, scenario)));
    }
  };
  const workers = Promise.all(Array.from({ length: AT_ONCE }, worker));
  for (const [index, { revision, scenario }] of queue.entries()) {
    const { checks, error } = await verdicts[index].promise;
    verdict(server, revision, scenario, capabilities, checks, error);
  }
  await workers;
}

async function runScenario(url, revision, scenario, output) {
  try {
    const argv = [SUITE, 'server', '--url', url, '--scenario', scenario, '--spec-version', revision, '-o', output];
    const { stdout, stderr } = await run(process.execPath, argv, 90);
    const [folder] = readdirSyncOrEmpty(output);
    if (!folder) return { checks: [], error: `no result: ${(stdout + stderr).trim().slice(0, 300)}` };
    return { checks: JSON.parse(readFileSync(join(output, folder, 'checks.json'), 'utf8')) };
  } catch (error) {
    return { checks: [], error: error.message };
  }
}

function readdirSyncOrEmpty(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function verdict(server, revision, scenario, capabilities, checks, error) {
  const applies = checks.filter((check) => !CHECK_NEEDS[check.id] || capabilities[CHECK_NEEDS[check.id]]);
  const problems = error ? [error] : [];
  const expected = new Set();
  for (const line of expectations) {
    if (line.scenario !== scenario || (line.server && line.server !== server.name)) continue;
    const named = applies.filter((check) => check.id === line.check || check.name === line.check);
    for (const check of named.filter((check) => check.status !== 'SUCCESS')) {
      line.isNeeded = true;
      if (check.status !== 'SKIPPED') expected.add(check);
    }
    if (named.length && named.every((check) => check.status === 'SUCCESS')) {
      line.isNeeded = true; // said here; not once more at the end
      problems.push(`${line.check} passes: remove its line from tests/judges/expected-failures.txt`);
    }
  }
  for (const check of applies) {
    const isBad = check.status === 'FAILURE' || check.status === 'WARNING';
    if (isBad && !expected.has(check)) problems.push(`${check.status} ${check.id} (${check.name}): ${firstLine(check.errorMessage ?? check.description)}`);
  }
  const isVacuous = !applies.some((check) => check.status === 'SUCCESS' && check.id !== 'wire-schema-valid');
  if (isVacuous && !error) problems.push('nothing was checked');
  const count = (status) => applies.filter((check) => check.status === status && !expected.has(check)).length;
  const numbers = [count('SUCCESS'), count('FAILURE'), count('WARNING'), count('SKIPPED'), expected.size];
  counts.checks += numbers[0];
  report(!problems.length, server.name, revision, scenario, numbers, problems);
}

function report(isPass, server, revision, scenario, numbers, problems) {
  counts[isPass ? 'passed' : 'failed'] += 1;
  row(server, revision, scenario, ...Array.from({ length: 5 }, (_, index) => numbers[index] ?? ''), isPass ? 'ok' : 'FAILED');
  for (const problem of problems) console.log(`    ${problem}`);
}

function row(server, revision, scenario, ...rest) {
  const cells = rest.map((cell) => String(cell).padStart(8));
  console.log(`${server.padEnd(24)} ${revision.padEnd(10)} ${scenario.padEnd(28)} ${cells.join(' ')}`.trimEnd());
}

function firstLine(text) {
  return text.split('\n')[0].slice(0, 300);
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

function readExpectations() {
  const file = fileURLToPath(new URL('expected-failures.txt', import.meta.url));
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() && !line.startsWith('#'))
    .map((line) => {
      const [, server, scenario, check] = /^(?:([\w-]+):)?([\w-]+)\s+(\S+)\s+\S/.exec(line) ?? fail(`expected-failures.txt: ${line}`);
      return { server, scenario, check, isNeeded: false };
    });
}
