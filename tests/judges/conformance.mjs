// The official conformance suite: its requirement sets against the fixtures and the workspace's client, and what applies
// to any server against every lesson.

import { judgeLesson } from './conformance_lessons.mjs';
import { judgeSets } from './conformance_sets.mjs';
import { unneeded } from './expectations.mjs';
import { chosen } from './lessons.mjs';

const argv = process.argv.slice(2);
const { servers, isComplete, results, binaries } = chosen(argv);
const totals = { passed: 0, failed: 0, checks: 0 };
const COUNTS = ['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'expected'];

// The sets belong to the reference server, and are judged when it is, or when everything is.
if (isComplete || servers.some((server) => server.package === 'mcp-protocol-features')) {
  row(['requirement set', 28], ['scenarios', 12], ...COUNTS.map((name) => [name.toLowerCase(), -8]), ['floor', -8]);
  await judgeSets(binaries, results, ({ name, scenarios = '', counts, floor = '', problems }) => {
    count(counts, problems);
    row([name, 28], [String(scenarios), 12], ...COUNTS.map((status) => [counts?.[status] ?? '', -8]), [floor, -8], [mark(problems), -8]);
    tell(problems);
  });
  for (const line of unneeded(['fixtures', 'client', 'gateway'], false)) complain(line);
  console.log('');
}

row(['server', 24], ['revision', 10], ['scenario', 28], ...COUNTS.map((name) => [name.toLowerCase(), -8]));
for (const server of servers.filter((server) => server.transports.includes('http'))) {
  await judgeLesson(server, results, ({ server, revision, scenario, counts, problems }) => {
    count(counts, problems);
    row([server, 24], [revision, 10], [scenario, 28], ...COUNTS.map((status) => [counts?.[status] ?? '', -8]), [mark(problems), -8]);
    tell(problems);
  });
}
for (const line of unneeded(servers.map((server) => server.name), isComplete)) complain(line);

console.log(`\n${totals.checks} checks succeeded`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed || !totals.passed ? 1 : 0;

function count(counts, problems) {
  totals[problems.length ? 'failed' : 'passed'] += 1;
  totals.checks += counts?.SUCCESS ?? 0;
}

function complain({ who, scenario, check }) {
  totals.failed += 1;
  console.log(`${who} ${scenario} FAILED`);
  tell([`expected failure ${check} is not needed: remove its line`]);
}

function mark(problems) {
  return problems.length ? 'FAILED' : 'ok';
}

function tell(problems) {
  for (const problem of problems) console.log(`    ${problem}`);
}

// Cells with their widths; a negative width aligns to the right.
function row(...cells) {
  const padded = cells.map(([text, width]) => (width < 0 ? String(text).padStart(-width) : String(text).padEnd(width)));
  console.log(padded.join(' ').trimEnd());
}
