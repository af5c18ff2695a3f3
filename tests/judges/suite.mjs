// The official conformance suite, and what it writes: one checks.json for each scenario.

import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './lessons.mjs';

const SUITE = fileURLToPath(new URL('../../.tools/npm/node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));

// Every message on the wire is checked against the schema, whatever else a scenario does: alone it proves little.
const ALWAYS = 'wire-schema-valid';

// Runs the suite and returns its scenarios with their checks, sorted by name: [{ scenario, checks }]. The suite's exit
// code is not asked: it forgives warnings, skipped checks and everything that is not scored. `heard` is as for `run`.
export async function runSuite(argv, output, seconds, heard) {
  rmSync(output, { recursive: true, force: true });
  const { stdout, stderr } = await run(process.execPath, [SUITE, ...argv, '-o', output], seconds, heard);
  const files = list(output).filter((path) => path.endsWith('checks.json'));
  if (!files.length) throw new Error(`the suite wrote nothing: ${(stdout + stderr).trim().slice(0, 300)}`);
  const scenarios = files.map((file) => ({
    // server-tools-list-2026-11-26T02-32-30-819Z, auth/basic-cimd-2026-11-26T02-49-15-289Z, authorization-server-...
    scenario: relative(output, dirname(file)).replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '').replace(/^(authorization-)?server-/, ''),
    checks: JSON.parse(readFileSync(file, 'utf8')),
  }));
  return scenarios.sort((one, other) => one.scenario.localeCompare(other.scenario));
}

function list(folder) {
  try {
    return readdirSync(folder, { recursive: true }).map((path) => join(folder, path));
  } catch {
    return [];
  }
}

// Whether a scenario has ticked without having checked anything.
export function isVacuous(checks) {
  return !checks.some((check) => check.status === 'SUCCESS' && check.id !== ALWAYS);
}

export function describe(check) {
  const why = (check.errorMessage ?? check.description ?? '').split('\n')[0].slice(0, 300);
  return `${check.status} ${check.id} (${check.name}): ${why}`;
}
