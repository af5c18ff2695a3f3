// expected-failures.txt: what may fail, and why. The list can only shrink: a line that is not needed is a failure.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fail } from './lessons.mjs';

const FILE = 'tests/judges/expected-failures.txt';

const lines = readFileSync(fileURLToPath(new URL('expected-failures.txt', import.meta.url)), 'utf8')
  .split('\n')
  .filter((line) => line.trim() && !line.startsWith('#'))
  .map((line) => {
    const [, who, scenario, check] = /^(?:([\w-]+):)?([\w/-]+)\s+(\S+)\s+\S/.exec(line) ?? fail(`${FILE}: ${line}`);
    return { who, scenario, check, isNeeded: false };
  });

// Those of a scenario's checks that are expected not to succeed, and complaints about lines that they do not need.
// A line without a name before its scenario is for every lesson; `fixtures` and `client` have lines of their own.
export function expected(who, isLesson, scenario, checks) {
  const found = new Set();
  const complaints = [];
  for (const line of lines) {
    if (line.scenario !== scenario || (line.who ? line.who !== who : !isLesson)) continue;
    const named = checks.filter((check) => check.id === line.check || check.name === line.check);
    const missing = named.filter((check) => check.status !== 'SUCCESS');
    missing.forEach((check) => found.add(check));
    if (missing.length) line.isNeeded = true;
    if (named.length && !missing.length) {
      line.isNeeded = true; // said here; not once more at the end
      complaints.push(`${line.check} passes: remove its line from ${FILE}`);
    }
  }
  return { found, complaints };
}

// After everything: the lines that nothing needed, of those who were judged.
export function unneeded(judged, isComplete) {
  const applied = (line) => (line.who ? judged.includes(line.who) : isComplete);
  return lines.filter((line) => applied(line) && !line.isNeeded).map((line) => ({ ...line, who: line.who ?? 'all' }));
}
