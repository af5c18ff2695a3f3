// The suite's requirement sets, whole: the server sets against the fixtures (scored and extension scenarios alike), the
// client sets against the workspace's own client. Nothing may fail, warn or be skipped that is not expected.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expected } from './expectations.mjs';
import { built, withHttpServer } from './lessons.mjs';
import { describe, isVacuous, runSuite } from './suite.mjs';

// The least number of checks that have to succeed, so that a scenario that vanishes is noticed. The SDK's own fixtures
// reach 83 and 197, its client 224 and 408. One check of 2026-07-28 exists only for streams, so the set is run twice.
const SERVER_SETS = [
  { name: 'server 2025-11-25', revision: '2025-11-25', flags: [], floor: 83 },
  { name: 'server 2026-07-28', revision: '2026-07-28', flags: [], floor: 196 },
  { name: 'server 2026-07-28 streamed', revision: '2026-07-28', flags: ['--streamed'], floor: 197 },
];
// The same through the gateway of lesson 5.5, in front of the same fixtures: it may lose no check that they pass, except
// for those in expected-failures.txt.
const GATEWAY_SETS = [
  { name: 'gateway 2025-11-25', revision: '2025-11-25', flags: [], floor: 81 },
  { name: 'gateway 2026-07-28', revision: '2026-07-28', flags: ['--streamed'], floor: 196 },
];
const CLIENT_SETS = [
  { name: 'client 2025-11-25', revision: '2025-11-25', floor: 311 },
  { name: 'client 2026-07-28', revision: '2026-07-28', floor: 475 },
];
const SECONDS = 120;

// Judges all sets; `report` hears of each.
export async function judgeSets(binaries, results, report) {
  const fixtures = built(join(binaries, 'mcp-protocol-features'));
  const client = built(join(binaries, 'conformance-client'));
  const output = (set) => join(results, 'conformance', 'sets', set.name.replaceAll(' ', '-'));
  const judge = async (who, set, start) => {
    try {
      report(verdict(who, set, await start()));
    } catch (error) {
      report({ name: set.name, problems: [error.message] });
    }
  };
  // These mostly wait, each for a server of its own.
  const serving = SERVER_SETS.map((set) => {
    const ask = (url) => runSuite(['server', '--url', url, '--requirements', set.revision], output(set), SECONDS);
    return withHttpServer(fixtures, ask, ['conformance', ...set.flags]);
  });
  const through = GATEWAY_SETS.map((set) => {
    const ask = (url) => runSuite(['server', '--url', url, '--requirements', set.revision], output(set), SECONDS);
    return withHttpServer(fixtures, (url) => behindGateway(binaries, url, ask), ['conformance', ...set.flags]);
  });
  for (const [index, set] of SERVER_SETS.entries()) await judge('fixtures', set, () => serving[index]);
  for (const [index, set] of GATEWAY_SETS.entries()) await judge('gateway', set, () => through[index]);
  // These measure how long a client waits, so nothing runs beside them.
  for (const set of CLIENT_SETS) {
    const argv = ['client', '--command', client, '--requirements', set.revision];
    await judge('client', set, () => runSuite(argv, output(set), SECONDS));
  }
}

// A gateway with one server, whose names stay as they are.
async function behindGateway(binaries, url, use) {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  const routes = join(folder, 'routes.toml');
  writeFileSync(routes, `[gateway]\nattempt_seconds = 60\n[[mount]]\nname = "fixture"\nbare = true\n[[mount.node]]\nid = "fixture-1"\nurl = "${url}"\n`);
  try {
    return await withHttpServer(built(join(binaries, 'mcp-routing')), use, ['http', '--routes', routes]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function verdict(who, set, scenarios) {
  const counts = { SUCCESS: 0, FAILURE: 0, WARNING: 0, SKIPPED: 0, expected: 0 };
  const problems = [];
  for (const { scenario, checks } of scenarios) {
    const { found, complaints } = expected(who, false, scenario, checks);
    problems.push(...complaints.map((complaint) => `${scenario}: ${complaint}`));
    for (const check of checks) {
      if (found.has(check)) counts.expected += 1;
      else if (check.status in counts) counts[check.status] += 1;
      const isBad = ['FAILURE', 'WARNING', 'SKIPPED'].includes(check.status) && !found.has(check);
      if (isBad) problems.push(`${scenario}: ${describe(check)}`);
    }
    if (isVacuous(checks) && !found.size) problems.push(`${scenario}: nothing was checked`);
  }
  if (counts.SUCCESS < set.floor) problems.push(`only ${counts.SUCCESS} checks succeed; ${set.floor} did before`);
  return { name: set.name, scenarios: scenarios.length, counts, floor: set.floor, problems };
}
