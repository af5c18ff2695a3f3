// Strangers judge mcp-oauth2, in all its roles. Each set says how many checks it has: one that is left out is missed. The
// first set that is not complete ends the run. Usage: identity.mjs [set...]

import { judgeClient } from './identity_client.mjs';
import { judgeDpop } from './identity_dpop.mjs';
import { judgeGateway } from './identity_gateway.mjs';
import { judgeIssuer } from './identity_issuer.mjs';
import { judgePages } from './identity_pages.mjs';
import { Checks } from './identity_tools.mjs';
import { judgeSuite } from './identity_suite.mjs';
import { chosen, fail } from './lessons.mjs';

const SETS = {
  // The official conformance suite, against the authorization server.
  suite: { judge: judgeSuite, checks: 4 },
  // A certified provider issues the tokens of the resource server.
  issuer: { judge: judgeIssuer, checks: 45 },
  // A certified client and the official one use the authorization server.
  client: { judge: judgeClient, checks: 49 },
  // Chromium shows the pages.
  pages: { judge: judgePages, checks: 36 },
  // Tokens that are bound to a key, asked for and used by strangers.
  dpop: { judge: judgeDpop, checks: 46 },
  // The gateway in front.
  gateway: { judge: judgeGateway, checks: 11 },
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !SETS[name]);
if (unknown) fail(`unknown set ${unknown}; there are: ${Object.keys(SETS).join(', ')}`);
const { servers, results: target } = chosen(['mcp-oauth2']);

let passed = 0;
for (const name of names.length ? names : Object.keys(SETS)) {
  const set = SETS[name];
  const checks = new Checks(name);
  try {
    await set.judge(checks, { path: servers[0].path, target });
  } catch (error) {
    await checks.check('start and end', () => Promise.reject(error));
  }
  passed += checks.passed;
  console.log(`-- ${name}: ${checks.passed} of ${set.checks} checks passed, ${checks.seconds} s\n`);
  if (checks.failed || checks.passed !== set.checks) {
    console.log(`${name} is not complete`);
    process.exit(1);
  }
}
console.log(`${passed} passed, 0 failed`);
