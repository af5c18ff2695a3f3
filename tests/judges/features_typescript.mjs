// The official TypeScript client uses every feature on one leg: one JSON line for each, of what it saw.
// Usage: features_typescript.mjs JOB, where JOB is the JSON that features.mjs writes. features_python.py is its twin.

import { setTimeout as pause } from 'node:timers/promises';

const official = (path) => import(new URL(`../../.tools/npm/node_modules/@modelcontextprotocol/${path}`, import.meta.url));
const { Client, ProtocolError, ResourceNotFoundError, StreamableHTTPClientTransport } = await official('client/dist/index.mjs');
const { StdioClientTransport } = await official('client/dist/stdio.mjs');
const { createTaskSessionFromClient, toolDeclarationFromMcpTool } = await official('ext-tasks/dist/client/index.js');

const SECONDS = 20; // for a feature
const MOMENT = 300; // in which nothing may come any more, in milliseconds
const ROW = 'db://tables/records/rows/';
const INFO = { name: 'judge', version: '1' };
const CAPABILITIES = { elicitation: { form: {}, url: {} }, extensions: { 'io.modelcontextprotocol/tasks': {} } };

const job = JSON.parse(process.argv[2]);
const isLegacy = job.revision === '2025-11-25';
const mode = isLegacy ? 'legacy' : { pin: job.revision };
const client = new Client(INFO, { capabilities: CAPABILITIES, versionNegotiation: { mode } });
const heard = { logs: [], updates: [], lists: new Set() };
const person = { asked: [], answer: null };

const features = {
  async 'structured output'() {
    const { tools } = await client.listTools();
    // The client knows the schema by now, and checks the structure against it.
    return { tools, table: await call('query_database', { sql: 'SELECT id, title FROM records ORDER BY id LIMIT 2' }) };
  },

  async 'icons and links'() {
    const { tools } = await client.listTools();
    const tool = tools.find((tool) => tool.name === 'render_status');
    return { server: client.getServerVersion(), tool, status: await call('render_status') };
  },

  async 'resource templates'() {
    const { resourceTemplates } = await client.listResourceTemplates();
    const read = {};
    for (const uri of job.uris) read[uri] = await outcome(client.readResource({ uri }));
    return { templates: resourceTemplates, read };
  },

  async paging() {
    const sizes = [];
    const uris = new Set();
    let page = await firstPage();
    const { nextCursor } = page;
    for (;;) {
      sizes.push(page.resources.length);
      for (const { uri } of page.resources) uris.add(uri);
      if (!page.nextCursor) break;
      page = await client.listResources({ cursor: page.nextCursor });
    }
    return { sizes, distinct: uris.size, forged: await outcome(client.listResources({ cursor: `${nextCursor}x` })) };
  },

  async completion() {
    const ref = { type: 'ref/resource', uri: `${ROW.replace('records', '{table}')}{id}` };
    const values = async (ref, name, value, context) =>
      (await client.complete({ ref, argument: { name, value }, ...(context && { context: { arguments: context } }) })).completion.values;
    return {
      table: await values(ref, 'table', 're'),
      id: await values(ref, 'id', '1', { table: 'records' }),
      without: await values(ref, 'id', '1'),
      prompt: await values({ type: 'ref/prompt', name: 'explain_sales' }, 'group_by', 'm'),
    };
  },

  async prompts() {
    const get = (name, args) => outcome(client.getPrompt({ name, arguments: args }));
    return {
      prompts: (await client.listPrompts()).prompts,
      explained: await get('explain_sales', { group_by: 'month' }),
      compared: await get('compare_cities', { first: 'berlin', second: 'nairobi', date: '2026-06-21' }),
      wrong: await get('explain_sales', { group_by: 'week' }),
    };
  },

  async errors() {
    const simulate = (kind) => call('safe_operation', { input: `simulate:${kind}` });
    return {
      unknown: await call('no_such_tool'),
      malformed: await outcome(client.getPrompt({ name: 'explain_sales', arguments: {} })),
      missing: await outcome(client.readResource({ uri: 'db://users/999' })),
      panic: await simulate('panic'),
      capability: await simulate('capability'),
      resource: await simulate('resource'),
      typed: await call('long_running_search', { query: 'prime', pages: 'many' }),
      argument: await call('long_running_search', { query: 'prime', pages: 5000 }),
      business: await simulate('business'),
      outage: await simulate('outage'),
      notOffered: ['the code of the error for a missing resource: it makes one class of -32002 and -32602'],
    };
  },

  async 'log messages'() {
    const levels = async (level) => {
      heard.logs.length = 0;
      const meta = !isLegacy && level ? { 'io.modelcontextprotocol/logLevel': level } : undefined;
      if (isLegacy && level) await client.setLoggingLevel(level);
      const { structuredContent } = await client.callTool({ name: 'complex_operation', arguments: { steps: 8 }, ...(meta && { _meta: meta }) });
      await until(() => heard.logs.length >= structuredContent.sent);
      return heard.logs.map((message) => message.level);
    };
    const unasked = await levels();
    const asked = await levels('error');
    const meta = isLegacy ? undefined : { 'io.modelcontextprotocol/logLevel': 'debug' };
    if (isLegacy) await client.setLoggingLevel('debug');
    heard.logs.length = 0;
    const data = { user: 'ada', password: 'hunter2' };
    await client.callTool({ name: 'debug_operation', arguments: { data }, ...(meta && { _meta: meta }) });
    await until(() => heard.logs.length >= 2);
    return { unasked, asked, secret: JSON.stringify(heard.logs) };
  },

  async progress() {
    const reports = [];
    const onprogress = (report) => reports.push(report);
    const result = await outcome(client.callTool({ name: 'long_running_search', arguments: { query: 'prime', pages: 50 } }, { onprogress }));
    await pause(0); // reports that came before the answer are told in this turn
    const { length } = reports;
    await pause(MOMENT);
    return { values: reports.map((report) => report.progress), totals: reports.map((report) => report.total), result, late: reports.length - length };
  },

  async cancellation() {
    const { finished } = await searches();
    const stop = new AbortController();
    const moved = Promise.withResolvers();
    const search = client.callTool(
      { name: 'long_running_search', arguments: { query: 'prime', pages: 1000 } },
      { signal: stop.signal, onprogress: () => moved.resolve() },
    );
    await Promise.race([moved.promise, search]);
    const during = await searches();
    stop.abort('seen enough');
    const answer = await search.catch(() => null);
    const after = await searches((counts) => counts.open === 0);
    return { during, after: { ...after, finished: after.finished - finished }, answer };
  },

  async 'form elicitation'() {
    const round = async (answer) => {
      const { asked, outcome } = await ask('confirm_delete', { record_id: 1 }, () => answer);
      return { asked, outcome };
    };
    const read = () => outcome(client.readResource({ uri: `${ROW}1` }));
    const declined = await round({ action: 'decline' });
    const still = await read();
    const accepted = await round({ action: 'accept', content: { confirm: true } });
    return { declined, still, accepted, gone: await read() };
  },

  async 'URL elicitation'() {
    let page;
    const { asked, outcome } = await ask('connect_account', { provider: 'notes' }, async ({ url }) => {
      page = `${(await fetch(url)).status} ${(await approve(url)).status}`;
      return { action: 'accept' };
    });
    const refused = await ask('connect_account', { provider: 'photos' }, () => ({ action: 'decline' }));
    return { asked, page, outcome, again: (await approve(asked[0].url)).status, refused: refused.outcome };
  },

  async 'resource updates'() {
    const remove = (id) => ask('confirm_delete', { record_id: id }, () => ({ action: 'accept', content: { confirm: true } }));
    const uris = [`${ROW}3`, `${ROW}4`];
    const subscription = isLegacy ? null : await client.listen({ resourceSubscriptions: uris });
    if (isLegacy) for (const uri of uris) await client.subscribeResource({ uri });
    await remove(3);
    await until(() => heard.updates.length);
    if (isLegacy) for (const uri of uris) await client.unsubscribeResource({ uri });
    else await subscription.close();
    const seen = heard.updates.splice(0);
    await remove(4);
    await pause(MOMENT);
    return { heard: seen, late: heard.updates };
  },

  async 'list changes'() {
    const filter = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
    const subscription = isLegacy ? null : await client.listen(filter);
    await set(true);
    await until(() => heard.lists.size === 3);
    const on = await there();
    await set(false);
    await subscription?.close();
    return { heard: [...heard.lists], on, off: await there() };
  },

  async tasks() {
    const order = { rows: 1000, seconds: 1 };
    const states = [];
    let asked;
    // The helper knows the experimental tasks of 2025-11-25 too; there the client lets them through, and is asked first.
    const v2 = {
      rawDispatch: isLegacy ? undefined : throughTheTransport(),
      v2RequestFraming: isLegacy ? undefined : { protocolVersion: job.revision, clientInfo: INFO, clientCapabilities: CAPABILITIES },
    };
    const onInputRequest = async (request) => {
      asked = request.params.requestedSchema;
      return { action: 'accept', content: { group_by: 'month' } };
    };
    const atOnce = isLegacy ? await call('run_report', order) : null;
    const tool = (await client.listTools()).tools.find((tool) => tool.name === 'run_report');
    const options = isLegacy ? { declaration: toolDeclarationFromMcpTool(tool), task: { preference: 'require', retentionMs: 60_000 } } : {};
    const session = createTaskSessionFromClient(client, { endpointId: 'judged', onInputRequest, ...v2 });
    try {
      const execution = await session.callTool('run_report', order, options);
      const created = (await session.task(execution.handle.taskId).snapshot()).status;
      const { outcome: ended } = await execution.settle({ onEvent: (event) => states.push(event.task?.status) });
      const other = await session.callTool('run_report', { rows: 1000, seconds: 60 }, options);
      const control = session.task(other.handle.taskId);
      const listed = isLegacy ? (await session.listTasks()).tasks.map((task) => task.status) : null;
      await other.detach();
      await control.cancel();
      const unknown = await session.task('none').snapshot().then((result) => ({ result }), told);
      return { atOnce, created, states, asked, done: ended.result, listed, cancelled: (await control.snapshot()).status, unknown };
    } finally {
      await session.close();
    }
  },
};

client.setRequestHandler('elicitation/create', async ({ params }) => {
  person.asked.push(params);
  return person.answer(params);
});
client.setNotificationHandler('notifications/message', ({ params }) => void heard.logs.push(params));
client.setNotificationHandler('notifications/resources/updated', ({ params }) => void heard.updates.push(params.uri));
for (const list of ['tools', 'prompts', 'resources']) {
  client.setNotificationHandler(`notifications/${list}/list_changed`, () => void heard.lists.add(list));
}
await client.connect(
  job.transport === 'http'
    ? new StreamableHTTPClientTransport(new URL(job.url))
    : new StdioClientTransport({ command: job.path, args: ['stdio'], stderr: 'ignore' }),
);
for (const [feature, use] of Object.entries(features)) {
  const line = await Promise.race([use().then((seen) => ({ seen })), late()]).catch((error) => ({ broken: String(error?.stack ?? error).slice(0, 800) }));
  console.log(JSON.stringify({ feature, ...line }));
}
await Promise.race([client.close(), pause(5000)]);
process.exit();

function call(name, args = {}) {
  return outcome(client.callTool({ name, arguments: args }));
}

// A result, or the error that the server answered with.
async function outcome(call) {
  try {
    return { result: await call };
  } catch (error) {
    // One class for -32002 and -32602, which has the later revision's code whichever came.
    if (error instanceof ResourceNotFoundError) return told({ ...told(error).error, code: null });
    if (error instanceof ProtocolError) return told(error);
    throw error;
  }
}

function told({ code, message, data }) {
  return { error: { code, message, data } };
}

// A call during which the person is asked.
async function ask(name, args, answer) {
  Object.assign(person, { asked: [], answer });
  const outcome = await call(name, args);
  return { asked: person.asked, outcome };
}

function approve(url) {
  return fetch(url, { method: 'POST', body: new URLSearchParams({ decision: 'approve', name: 'Ada' }) });
}

async function searches(fits = () => true) {
  let counts;
  await until(async () => {
    counts = (await client.callTool({ name: 'render_status', arguments: {} })).structuredContent.searches;
    return fits(counts);
  });
  return counts;
}

async function set(enabled) {
  for (const name of ['dice', 'plan_day', 'tip']) await client.callTool({ name: 'set_feature', arguments: { name, enabled } });
}

// What set_feature switches, where it is in the lists.
async function there() {
  const { tools } = await client.listTools();
  const { prompts } = await client.listPrompts();
  const { resources } = await client.listResources();
  const all = [...tools.map((tool) => tool.name), ...prompts.map((prompt) => prompt.name), ...resources.map((resource) => resource.uri)];
  return all.filter((name) => ['roll_dice', 'plan_day', 'feature://tip'].includes(name));
}

// Without a cursor the client walks all pages by itself; its request takes one.
function firstPage() {
  return client.request({ method: 'resources/list', params: {} });
}

// The client refuses a result of the type `task`, so what the helper sends goes beside it, over the same transport.
function throughTheTransport() {
  const { transport } = client;
  const { onmessage } = transport;
  const waiting = new Map();
  let last = 0;
  transport.onmessage = (message, extra) => {
    const answered = 'method' in message ? null : waiting.get(message.id);
    if (!answered) return onmessage(message, extra);
    waiting.delete(message.id);
    answered(message.error ? { kind: 'error', error: message.error } : { kind: 'result', result: message.result });
  };
  return async (request) => {
    const id = `judge:${++last}`;
    const answer = new Promise((resolve) => waiting.set(id, resolve));
    await transport.send({ jsonrpc: '2.0', id, ...request });
    return answer;
  };
}

async function until(fits) {
  const end = Date.now() + 10_000;
  while (!(await fits())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${fits}`);
    await pause(20);
  }
}

function late() {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(`no end within ${SECONDS} s`)), SECONDS * 1000).unref());
}
