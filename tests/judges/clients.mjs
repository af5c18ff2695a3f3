// The official Python and TypeScript clients against every server, on stdio and HTTP, in both revisions. The clients only
// tell what they saw; what it has to be stands here, once for both.

import { fileURLToPath } from 'node:url';
import { chosen, isProtected, run, withHttpServer } from './lessons.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const CLIENTS = {
  python: [here('../../.tools/python/bin/python'), here('client_python.py')],
  typescript: [process.execPath, here('client_typescript.mjs')],
};
const INVALID_PARAMS = -32602;

const counts = { passed: 0, failed: 0 };
for (const server of chosen(process.argv.slice(2)).servers) {
  const legs = server.transports.flatMap((transport) => server.revisions.map((revision) => ({ transport, revision })));
  const judge = async (url) => {
    const open = url && (await isProtected(url)) ? legs.filter((leg) => leg.transport !== 'http') : legs;
    if (open.length < legs.length) console.log(`       ${server.name} wants an access token over HTTP: judged on stdio only`);
    for (const client of Object.keys(CLIENTS)) await judgeLegs(server, client, open, url);
  };
  try {
    await (server.transports.includes('http') ? withHttpServer(server.path, judge) : judge());
  } catch (error) {
    report(server.name, '', { transport: 'start and end', revision: '' }, '', [error.message]);
  }
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed || !counts.passed ? 1 : 0;

async function judgeLegs(server, client, legs, url) {
  const [program, script] = CLIENTS[client];
  const job = JSON.stringify({ path: server.path, url, legs, smoke: server.smoke ?? null });
  const { stdout, stderr } = await run(program, [script, job], 60 * (legs.length + 1));
  const lines = stdout.split('\n').filter(Boolean);
  for (const [index, leg] of legs.entries()) {
    const seen = lines[index] ? JSON.parse(lines[index]) : { broken: `the client ended: ${stderr.trim().slice(-500)}` };
    const problems = seen.broken ? [seen.broken] : problemsOf(server, leg, seen);
    report(server.name, client, leg, summary(seen), problems);
  }
}

function problemsOf(server, leg, seen) {
  const problems = [];
  const expect = (condition, problem) => condition || problems.push(problem);
  expect(seen.version === leg.revision, `negotiated ${seen.version}`);
  expect(seen.tools ?? seen.resources ?? seen.prompts, `neither tools nor resources nor prompts among ${JSON.stringify(seen.capabilities)}`);
  if (seen.capabilities.tools) {
    expect(seen.tools.length, 'tools are declared, and there are none');
    for (const tool of server.isProbe ? [] : seen.tools) {
      expect(tool.title || tool.annotations?.title || tool.description, `${tool.name} has neither title nor description`);
      expect(tool.annotations, `${tool.name} has no annotations`);
    }
    for (const tool of seen.tools) expect(tool.inputSchema?.type === 'object', `${tool.name} has an inputSchema that is no object`);
    const { error } = seen.unknown;
    expect(error?.code === INVALID_PARAMS, `an unknown tool is answered with ${JSON.stringify(seen.unknown)}, not with error ${INVALID_PARAMS}`);
    if (!seen.call) {
      problems.push('every tool needs arguments: name one in Cargo.toml, [package.metadata.lesson] smoke = { tool = "...", arguments = { ... } }');
    } else {
      const result = seen.call.result;
      expect(Array.isArray(result?.content) && !result.isError, `${seen.call.tool} is answered with ${JSON.stringify(seen.call).slice(0, 300)}`);
    }
  }
  if (seen.read) {
    const contents = seen.read.result?.contents;
    const isWhole = contents?.length && contents.every((part) => part.uri && (typeof part.text === 'string' || typeof part.blob === 'string'));
    expect(isWhole, `resource ${seen.read.uri} is answered with ${JSON.stringify(seen.read).slice(0, 300)}`);
  }
  if (seen.capabilities.completions) {
    expect(Array.isArray(seen.completion.result?.completion?.values), `completion is answered with ${JSON.stringify(seen.completion).slice(0, 300)}`);
  }
  return problems;
}

function summary({ tools, resources, templates, prompts, call, read, completion }) {
  const lists = Object.entries({ tools, resources, templates, prompts }).filter(([, items]) => items);
  const done = [call && `called ${call.tool}`, read && `read ${read.uri}`, completion && 'completed'].filter(Boolean);
  return [...lists.map(([name, items]) => `${items.length} ${items.length === 1 ? name.slice(0, -1) : name}`), ...done].join(', ');
}

function report(server, client, { transport, revision }, text, problems) {
  counts[problems.length ? 'failed' : 'passed'] += 1;
  const verdict = problems.length ? 'FAILED' : 'ok';
  console.log(`${verdict.padEnd(6)} ${server.padEnd(24)} ${client.padEnd(10)} ${transport.padEnd(5)} ${revision.padEnd(10)} ${text}`.trimEnd());
  for (const problem of problems) console.log(`       ${problem}`);
}
