// Every feature of the reference server, mcp-protocol-features, used by three foreign clients: the official Python and
// TypeScript clients and the command line of the MCP Inspector. Each drives the real binary on stdio and HTTP in both
// revisions, each leg with a server of its own. The clients tell what they saw; features_expected.mjs says what it has
// to be. Usage: features.mjs [python|typescript|inspector...]
//
// What a client has no API for is sent through its own transport, or is left out and named at the end:
//
// * Python 2.3.0: everything is used. It has no helper for tasks. In 2026-07-28 the judge claims their result type with
//   the client's own extension interface, and sends tasks/get, tasks/update and tasks/cancel as requests of its own; in
//   2025-11-25 the client has their types, but takes the handle of a new task for a broken result (tasks/list has it).
// * TypeScript 2.4.0: everything is used. The official helper ext-tasks drives the tasks of both revisions; those of
//   2026-07-28 have a result type that the client refuses, so they go beside it through its transport. For a missing
//   resource the client shows one code, whichever came.
// * Inspector 2.12.0, mcpdo (and --cli for --strict): it hides the codes of protocol errors (their messages are
//   compared), shows neither progress nor list changes (the lists themselves are compared), walks pages by itself,
//   completes without context, and asks for log messages by itself in 2025-11-25. A call is cancelled by an
//   interrupt from a terminal, for which script(1) makes one. It drives a task inside of tools/call and tells no
//   task's id, so tasks/get, tasks/update, tasks/result and tasks/cancel are used over HTTP only, in 2026-07-28 on
//   a task that the judge has made by hand.

import { fileURLToPath } from 'node:url';
import { chosen, fail, run, withHttpServer } from './lessons.mjs';
import { FEATURES } from './features_expected.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const CLIENTS = {
  python: [here('../../.tools/python/bin/python'), here('features_python.py')],
  typescript: [process.execPath, here('features_typescript.mjs')],
  inspector: [process.execPath, here('features_inspector.mjs')],
};
// One of each kind; a file is in the first page of no list, so its name is known from the server's sample files.
const URIS = [
  'catalog://numbers/1729',
  'db://users/7',
  'file:///notes/hello.md',
  'api://weather/reykjavik/2026-06-21',
  'github://repos/local/workspace/issues/1',
];
const AT_ONCE = 4; // a leg mostly waits
const SECONDS = 110; // for a leg

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !CLIENTS[name]);
if (unknown) fail(`unknown client ${unknown}; there are: ${Object.keys(CLIENTS).join(', ')}`);
const clients = wanted.length ? wanted : Object.keys(CLIENTS);
const [server] = chosen(['mcp-protocol-features']).servers;
const legs = server.transports.flatMap((transport) => server.revisions.map((revision) => ({ transport, revision })));

const counts = { passed: 0, failed: 0 };
const notOffered = new Set();
// The slowest begin first; what they saw is told in the order of the table.
const jobs = clients.toReversed().flatMap((client) => legs.map((leg) => ({ client, leg })));
const queue = [...jobs];
await Promise.all(Array.from({ length: AT_ONCE }, work));

for (const client of clients) {
  for (const leg of legs) tell(jobs.find((job) => job.client === client && job.leg === leg));
}
table();
for (const line of [...notOffered].sort()) console.log(line);
console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed || !counts.passed ? 1 : 0;

async function work() {
  for (let job; (job = queue.shift()); ) {
    const began = performance.now();
    try {
      const use = (url) => drive(job, url);
      job.seen = await (job.leg.transport === 'http' ? withHttpServer(server.path, use) : use());
    } catch (error) {
      job.broken = error.message;
    }
    job.seconds = ((performance.now() - began) / 1000).toFixed(1);
  }
}

// What the client saw, by feature.
async function drive({ client, leg }, url) {
  const [program, script] = CLIENTS[client];
  const job = JSON.stringify({ ...leg, path: server.path, url, uris: URIS });
  const { stdout = '', stderr = '', message = stderr } = await run(program, [script, job], SECONDS).catch((error) => error);
  const lines = stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line));
  return { message, features: Object.fromEntries(lines.map((line) => [line.feature, line])) };
}

function tell(job) {
  const { client, leg } = job;
  console.log(`${client} on ${leg.transport}, ${leg.revision}: ${job.seconds} s`);
  job.verdicts = {};
  for (const [feature, judge] of Object.entries(FEATURES)) {
    const line = job.seen?.features[feature];
    const problems = problemsOf(job, line, judge);
    const isUsed = !problems.length && Object.keys(line.seen).some((part) => part !== 'notOffered');
    job.verdicts[feature] = problems.length ? 'FAILED' : isUsed ? 'ok' : '-';
    if (problems.length) counts.failed += 1;
    else if (isUsed) counts.passed += 1;
    for (const problem of problems) console.log(`FAILED ${feature}: ${problem}`);
    for (const part of line?.seen?.notOffered ?? []) notOffered.add(`not offered by this client: ${client}: ${feature}: ${part}`);
  }
  // The server's own end is judged too.
  if (job.broken) console.log(`FAILED start and end: ${job.broken}`);
}

function problemsOf(job, line, judge) {
  if (!line) return [job.broken ?? `the client ended: ${job.seen.message.trim().slice(-500)}`];
  if (line.broken) return [line.broken];
  const problems = [];
  // Nothing of it can be used with this client.
  if (Object.keys(line.seen).join() === 'notOffered') return problems;
  try {
    judge(line.seen, (condition, problem) => condition || problems.push(problem), job.leg);
  } catch (error) {
    problems.push(`${error.message}: ${JSON.stringify(line.seen).slice(0, 500)}`);
  }
  return problems;
}

function table() {
  const cells = (texts) => console.log(texts.map((text, index) => String(text).padEnd(index ? 11 : 20)).join('').trimEnd());
  const columns = clients.flatMap((client) => legs.map((leg) => jobs.find((job) => job.client === client && job.leg === leg)));
  console.log();
  cells(['', ...columns.map((job) => job.client)]);
  cells(['', ...columns.map((job) => job.leg.transport)]);
  cells(['feature', ...columns.map((job) => job.leg.revision)]);
  for (const feature of Object.keys(FEATURES)) cells([feature, ...columns.map((job) => job.verdicts[feature])]);
  console.log();
}
