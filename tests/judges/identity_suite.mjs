// The official conformance suite's scenarios for authorization servers, at every revision that it knows. Its browser is a
// Visitor. It sends no scope, and no secret to a server that announces `none`: its client is the public one.

import { PUBLIC, Visitor, equal, expect, freePort, results, withProgram } from './identity_tools.mjs';
import { describe, isVacuous, runSuite } from './suite.mjs';

// Each with the checks that have to succeed, so that one that vanishes is noticed.
const REVISIONS = { '2025-03-26': 2, '2025-06-18': 2, '2025-11-25': 3, '2026-07-28': 3 };
const SCENARIOS = ['authorization-code-grant', 'authorization-server-metadata-endpoint'];
const RESOURCE = 'http://127.0.0.1:8000/mcp';

export function judgeSuite(checks, { path, target }) {
  return withProgram(path, ['serve-authorization-server', '--resource', RESOURCE], async (issuer) => {
    for (const [revision, floor] of Object.entries(REVISIONS)) {
      await checks.check(`scenarios of ${revision}`, async () => {
        const flags = ['--url', issuer, '--client-id', PUBLIC, '--resource', RESOURCE, '-p', String(await freePort())];
        const argv = ['authorization', ...flags, '--spec-version', revision];
        return verdict(await runSuite(argv, results(target, `suite/${revision}`), 50, visiting()), floor);
      });
    }
  });
}

// Hears what the suite prints, and visits the address once it is there. The suite is told where the pages have led; if they
// lead nowhere it waits in vain, and that is in its verdict.
function visiting() {
  let isVisited = false;
  return (text) => {
    const url = /^\s*(http\S*response_type=code\S*)\s*$/m.exec(text)?.[1];
    if (!url || isVisited) return;
    isVisited = true;
    new Visitor()
      .decide(url)
      .then((left) => fetch(left))
      .catch((error) => console.log(`       the pages could not be used: ${error.message}`));
  };
}

function verdict(scenarios, floor) {
  equal(scenarios.map(({ scenario }) => scenario), SCENARIOS, 'the list of scenarios');
  let succeeded = 0;
  const problems = [];
  for (const { scenario, checks } of scenarios) {
    for (const check of checks) {
      if (check.status === 'SUCCESS') succeeded += 1;
      else if (check.status !== 'INFO') problems.push(`${scenario}: ${describe(check)}`);
    }
    if (isVacuous(checks)) problems.push(`${scenario}: nothing was checked`);
  }
  if (succeeded < floor) problems.push(`only ${succeeded} checks succeed; ${floor} did before`);
  expect(!problems.length, problems.join('\n'));
  return `${succeeded} succeed, nothing fails, warns or is skipped`;
}
