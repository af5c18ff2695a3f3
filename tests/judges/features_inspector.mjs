// The command line of the MCP Inspector uses every feature on one leg: one JSON line for each, of what it saw. Its mcpdo
// holds the connection in a process of its own, a daemon. A program takes half a second to start and there are 60
// commands a leg, so those that are over at once run here, through the function that is all of the program; what goes
// on until it is interrupted is a process.
// Usage: features_inspector.mjs JOB, where JOB is the JSON that features.mjs writes. features_python.py is its relative.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SECONDS = 30; // for a command
const ALL_SECONDS = 80; // for all of them
const MOMENT = 300; // in which nothing may come any more, in milliseconds
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
const ROW = 'db://tables/records/rows/';
const INSPECTOR = fileURLToPath(new URL('../../.tools/npm/node_modules/@modelcontextprotocol/inspector/clients/', import.meta.url));
const MCPDO = join(INSPECTOR, 'mcpdo/build/mcp-bin.js');
const ONE_SHOT = [join(INSPECTOR, 'launcher/build/index.js'), '--cli'];

const job = JSON.parse(process.argv[2]);
const isLegacy = job.revision === '2025-11-25';
const era = isLegacy ? 'legacy' : 'modern';
const home = mkdtempSync(join(tmpdir(), 'inspector-'));
const catalog = join(home, 'mcp.json');
const target = job.transport === 'http' ? { type: 'streamable-http', url: job.url } : { command: job.path, args: ['stdio'] };
writeFileSync(catalog, JSON.stringify({ mcpServers: { judged: { ...target, modernLogLevel: 'off' }, other: target } }));
Object.assign(process.env, {
  HOME: home,
  MCP_CATALOG_PATH: catalog,
  MCP_STORAGE_DIR: home,
  MCP_INSPECTOR_SECRET_STORE: 'memory',
  NO_PROXY: '127.0.0.1,localhost',
});
const { runMcp } = await import(MCPDO);
// What the command that runs has written. What is told to the runner goes around this.
let said = '';
process.stdout.write = (text, done) => {
  said += text;
  done?.();
  return true;
};
let tools;

const features = {
  async 'structured output'() {
    tools = (await json('tools/list')).tools;
    const where = job.transport === 'http' ? [job.url, '--transport', 'http'] : [job.path, 'stdio'];
    const strict = await program([...ONE_SHOT, ...where, '--method', 'tools/list', '--protocol-era', era, '--strict', '--format', 'json', '-q']);
    const table = await call('query_database', { sql: 'SELECT id, title FROM records ORDER BY id LIMIT 2' });
    return { tools, table, strict: strict.code === 0 ? '' : strict.stderr.match(/Error: [\s\S]*?\n\n/)?.[0] ?? strict.stderr.slice(-300) };
  },

  async 'icons and links'() {
    const { serverInfo, protocolVersion } = await json('connections/show');
    if (!isLegacy && protocolVersion !== job.revision) throw new Error(`negotiated ${protocolVersion}`);
    return { server: serverInfo, tool: tools.find((tool) => tool.name === 'render_status'), status: await call('render_status') };
  },

  async 'resource templates'() {
    const read = {};
    for (const uri of job.uris) read[uri] = await mcpdo('resources/read', uri);
    return { templates: (await json('resources/templates/list')).resourceTemplates, read };
  },

  async paging() {
    const { resources } = await json('resources/list');
    return { distinct: new Set(resources.map((resource) => resource.uri)).size, notOffered: ['pages by hand: it walks them by itself'] };
  },

  async completion() {
    const values = async (type, reference, name, value) => {
      const flags = ['--complete-ref-type', type, '--complete-ref', reference, '--complete-arg-name', name, '--complete-arg-value', value];
      return (await json('prompts/complete', ...flags)).values;
    };
    const rows = `${ROW.replace('records', '{table}')}{id}`;
    return {
      table: await values('ref/resource', rows, 'table', 're'),
      without: await values('ref/resource', rows, 'id', '1'),
      prompt: await values('ref/prompt', 'explain_sales', 'group_by', 'm'),
      notOffered: ['completion with the variables that were chosen before'],
    };
  },

  async prompts() {
    const get = (name, args) => mcpdo('prompts/get', name, '--prompt-args', ...Object.entries(args).map((pair) => pair.join('=')));
    return {
      prompts: (await json('prompts/list')).prompts,
      explained: await get('explain_sales', { group_by: 'month' }),
      compared: await get('compare_cities', { first: 'berlin', second: 'nairobi', date: '2026-06-21' }),
      wrong: await get('explain_sales', { group_by: 'week' }),
    };
  },

  async errors() {
    const simulate = (kind) => call('safe_operation', { input: `simulate:${kind}` });
    return {
      unknown: await call('no_such_tool'),
      malformed: await mcpdo('prompts/get', 'explain_sales'),
      missing: await mcpdo('resources/read', 'db://users/999'),
      panic: await simulate('panic'),
      capability: await simulate('capability'),
      resource: await simulate('resource'),
      typed: await call('long_running_search', { query: 'prime', pages: 'many' }),
      argument: await call('long_running_search', { query: 'prime', pages: 5000 }),
      business: await simulate('business'),
      outage: await simulate('outage'),
      notOffered: ['the codes and data of protocol errors'],
    };
  },

  async 'log messages'() {
    // In 2025-11-25 it asks for everything as soon as it connects.
    const { sent } = isLegacy ? { sent: null } : (await call('complex_operation', { steps: 8 })).result.structuredContent;
    // The tail is attached a moment after it was started: the first call may be too early for it, or in the middle.
    const logged = async (level, enough, name, args) => {
      const flags = isLegacy ? [] : ['--metadata', `io.modelcontextprotocol/logLevel=${level}`];
      if (isLegacy) await json('logging/setLevel', level);
      const tail = stream('--connection', 'judged', 'logging/tail');
      try {
        await until(async () => {
          await mcpdo('tools/call', name, JSON.stringify(args), ...flags);
          return enough.every((part) => tail.text().includes(part));
        });
        return tail.text();
      } finally {
        await tail.end();
      }
    };
    const notOffered = isLegacy ? ['2025-11-25 without asking for log messages: it does so by itself'] : [];
    const loud = await logged('error', ['"error"', '"emergency"'], 'complex_operation', { steps: 8 });
    const secret = await logged('debug', ['"user"', '"fields"'], 'debug_operation', { data: { user: 'ada', password: 'hunter2' } });
    const levels = [...loud.matchAll(/"level": "(\w+)"/g)].map(([, level]) => level);
    return { unasked: sent == null ? null : Array(sent).fill('one'), asked: LEVELS.filter((level) => levels.includes(level)), secret, notOffered };
  },

  async cancellation() {
    let shown;
    let after;
    // How far the call is cannot be seen from here. It takes 10 s; a busy machine may need some of that to begin it.
    for (const wait of [2000, 5000, 9000]) {
      shown = await interrupted(wait, 'tools/call', 'long_running_search', 'query:=prime', 'pages:=1000');
      await until(async () => {
        after = (await call('render_status')).result.structuredContent.searches;
        return after.open === 0;
      });
      if (after.abandoned || after.finished) break;
    }
    return { after, answer: shown.includes('cancelled') ? null : shown };
  },

  async 'form elicitation'() {
    const round = (...answer) => ask('confirm_delete', { record_id: 1 }, answer);
    const read = () => mcpdo('resources/read', `${ROW}1`);
    const declined = await round('--decline');
    const still = await read();
    const accepted = await round('confirm:=true');
    return { declined, still, accepted, gone: await read() };
  },

  async 'URL elicitation'() {
    let page;
    const seen = await ask('connect_account', { provider: 'notes' }, ['--done'], async ({ url }) => {
      page = `${(await fetch(url)).status} ${(await approve(url)).status}`;
    });
    const again = (await approve(seen.asked[0].url)).status;
    const refused = await ask('connect_account', { provider: 'photos' }, ['--cancel']);
    return { ...seen, page, again, refused: refused.outcome };
  },

  async 'resource updates'() {
    const remove = (id) => ask('confirm_delete', { record_id: id }, ['confirm:=true']);
    const updates = stream('--connection', 'judged', 'resources/subscribe', `${ROW}3`);
    await until(() => updates.text().includes('"subscribed"'));
    await remove(3);
    await until(() => updates.text().includes('resources/updated'));
    await updates.end();
    // Another row was never subscribed to.
    const other = stream('--connection', 'judged', 'resources/subscribe', `${ROW}5`);
    await until(() => other.text().includes('"subscribed"'));
    await remove(4);
    await pause(MOMENT);
    await other.end();
    const uris = (text) => [...text.matchAll(/"resources\/updated",\s*"uri": "([^"]*)"/g)].map(([, uri]) => uri);
    return { heard: uris(updates.text()), late: uris(other.text()) };
  },

  async 'list changes'() {
    for (const name of ['dice', 'plan_day', 'tip']) await call('set_feature', { name, enabled: true });
    return { on: await there(), notOffered: ['notifications of list changes are not shown; the lists are right'] };
  },

  async tasks() {
    if (isLegacy) {
      const atOnce = await call('run_report', { rows: 1000, seconds: 1 });
      const done = await json('tools/call', 'run_report', JSON.stringify({ rows: 1000, seconds: 1 }), '--task');
      const list = async () => (await json('tasks/list')).tasks;
      if (job.transport !== 'http') {
        const notOffered = ['another command while a task of 2025-11-25 runs, so that tasks/cancel can be used on stdio'];
        return { atOnce, done, listed: (await list()).map((task) => task.status), notOffered };
      }
      // A connection does one thing at a time: another one waits for the task that is cancelled here.
      await command('connect', 'other', '--era', era);
      const waiting = stream('--connection', 'other', 'tools/call', 'run_report', 'rows:=1000', 'seconds:=60', '--task');
      let running;
      await until(async () => (running = (await list()).find((task) => task.status === 'working')));
      await json('tasks/cancel', running.taskId);
      const { task } = await json('tasks/get', running.taskId);
      await waiting.end();
      const listed = (await list()).map((task) => task.status);
      return { atOnce, done, listed, cancelled: task.status, unknown: await mcpdo('tasks/get', 'none') };
    }
    const { asked, outcome } = await ask('run_report', { rows: 1000, seconds: 1 }, ['group_by:=month']);
    const whole = { asked: asked[0].requestedSchema, done: outcome.result };
    if (job.transport !== 'http') return { ...whole, notOffered: ["a task's id, so that tasks/get, tasks/update, tasks/result and tasks/cancel can be used on stdio"] };
    const id = await created({ rows: 1000, seconds: 1 });
    const task = async (id) => (await json('tasks/get', id)).task;
    await until(async () => (await task(id)).status === 'input_required');
    await json('tasks/update', id, '--input-responses', JSON.stringify({ grouping: { action: 'accept', content: { group_by: 'month' } } }));
    const done = await json('tasks/result', id);
    const other = await created({ rows: 1000, seconds: 60 });
    await json('tasks/cancel', other);
    return { ...whole, done, cancelled: (await task(other)).status, unknown: await mcpdo('tasks/get', 'none') };
  },
};

try {
  const connected = await command('connect', 'judged', '--era', era, '--elicit', 'both');
  if (connected.error) throw new Error(`cannot connect: ${connected.error.message}`);
  const late = pause(ALL_SECONDS * 1000, null, { ref: false }).then(() => Promise.reject(new Error(`no end within ${ALL_SECONDS} s`)));
  late.catch(() => {});
  for (const [feature, use] of Object.entries(features)) {
    const seen = Promise.race([use(), late]).then((seen) => ({ seen }));
    tell({ feature, ...(await seen.catch((error) => ({ broken: String(error?.stack ?? error).slice(0, 800) }))) });
  }
  tell({ feature: 'progress', seen: { notOffered: ['it asks for it, and shows nothing of it'] } });
} finally {
  const { result } = await command('daemon', 'status');
  await command('daemon', 'stop');
  await gone(result?.pid);
  rmSync(home, { recursive: true, force: true });
}
process.exit();

function tell(line) {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

function mcpdo(...words) {
  return command('--connection', 'judged', ...words);
}

// What one command has answered: a result, which may be one that says that it is an error, or an error.
async function command(...words) {
  said = '';
  let failure;
  try {
    await Promise.race([runMcp([process.execPath, MCPDO, '--format', 'json', ...words]), slow(words)]);
  } catch (error) {
    failure = error;
  }
  if (said.trim()) return { result: JSON.parse(said) };
  if (!failure) throw new Error(`${words.join(' ')} says nothing`);
  return { error: { message: failure.message } };
}

async function slow(words) {
  await pause(SECONDS * 1000, null, { ref: false });
  throw new Error(`${words.join(' ')} takes longer than ${SECONDS} s`);
}

async function json(...words) {
  const { result, error } = await mcpdo(...words);
  if (error) throw new Error(`${words.join(' ')}: ${error.message}`);
  return result;
}

function call(name, args = {}) {
  return mcpdo('tools/call', name, JSON.stringify(args));
}

// A call that waits for the person, what they were asked, and what became of it after their answer.
async function ask(name, args, answer, meanwhile = () => {}) {
  const pending = (await json('tools/call', name, JSON.stringify(args))).elicitationPending;
  if (!pending) throw new Error(`${name} does not ask`);
  await meanwhile(pending);
  return { asked: [pending], outcome: await mcpdo('elicitation/respond', pending.elicitationId, ...answer) };
}

function approve(url) {
  return fetch(url, { method: 'POST', body: new URLSearchParams({ decision: 'approve', name: 'Ada' }) });
}

// What set_feature switches, where it is in the lists.
async function there() {
  const names = (await json('tools/list')).tools.map((tool) => tool.name);
  names.push(...(await json('prompts/list')).prompts.map((prompt) => prompt.name));
  names.push(...(await json('resources/list')).resources.map((resource) => resource.uri));
  return names.filter((name) => ['roll_dice', 'plan_day', 'feature://tip'].includes(name));
}

// A task that the judge makes by hand, because the Inspector tells no task's id.
async function created(order) {
  const prefix = 'io.modelcontextprotocol/';
  const _meta = {
    [`${prefix}protocolVersion`]: job.revision,
    [`${prefix}clientInfo`]: { name: 'judge', version: '1' },
    [`${prefix}clientCapabilities`]: { elicitation: {}, extensions: { [`${prefix}tasks`]: {} } },
  };
  const response = await fetch(job.url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': job.revision,
      'Mcp-Method': 'tools/call',
      'Mcp-Name': 'run_report',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'run_report', arguments: order, _meta } }),
    signal: AbortSignal.timeout(SECONDS * 1000),
  });
  const text = await response.text();
  return /"taskId":"(\w+)"/.exec(text)?.[1] ?? Promise.reject(new Error(`no task: ${text.slice(0, 300)}`));
}

// A command that is interrupted after a while, and what it has shown. Only from a terminal does an interrupt reach the
// call; `script` makes one, and ^C is its interrupt.
async function interrupted(wait, ...words) {
  const line = [process.execPath, MCPDO, '--connection', 'judged', ...words].map((word) => `'${word}'`).join(' ');
  const terminal = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let shown = '';
  terminal.stdout.setEncoding('utf8').on('data', (text) => (shown += text));
  const ended = new Promise((resolve, reject) => terminal.once('error', reject).once('close', resolve));
  await Promise.race([pause(wait), ended]);
  terminal.stdin.write('\x03');
  const clock = setTimeout(() => terminal.kill('SIGKILL'), SECONDS * 1000);
  await ended.finally(() => clearTimeout(clock));
  return shown;
}

// A command that goes on until it is ended.
function stream(...words) {
  const child = spawn(process.execPath, [MCPDO, '--format', 'json', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more) => (text += more));
  child.stderr.setEncoding('utf8').on('data', (more) => (text += more));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const end = async () => {
    child.kill('SIGINT');
    const clock = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended.finally(() => clearTimeout(clock));
  };
  return { text: () => text, end };
}

async function program(words) {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], timeout: SECONDS * 1000, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', (code, signal) => resolve(signal ?? code)));
  return { code, stdout, stderr };
}

// Waits for a process to be gone, and not for ever.
async function gone(pid) {
  const isThere = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  if (pid) await until(() => !isThere()).catch(() => process.kill(pid, 'SIGKILL'));
}

async function until(fits) {
  const end = Date.now() + 20_000;
  while (!(await fits())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${fits}`);
    await pause(50);
  }
}
