// The official TypeScript client on each leg of one server: one JSON line per leg, of what it saw. clients.mjs judges it.
// Usage: client_typescript.mjs JOB, where JOB is the JSON that clients.mjs writes. client_python.py is its twin.

import { createRequire } from 'node:module';

const require = createRequire(new URL('../../.tools/npm/', import.meta.url));
const { Client, ProtocolError, StreamableHTTPClientTransport } = require('@modelcontextprotocol/client');
const { StdioClientTransport } = require('@modelcontextprotocol/client/stdio');

const SECONDS = 60;

const job = JSON.parse(process.argv[2]);
for (const leg of job.legs) {
  const seen = await Promise.race([see(leg), late()]).catch((error) => ({ broken: String(error) }));
  console.log(JSON.stringify({ ...leg, ...seen }));
}
process.exit();

async function see(leg) {
  const mode = leg.revision === '2025-11-25' ? 'legacy' : { pin: leg.revision };
  const client = new Client({ name: 'judge', version: '1' }, { versionNegotiation: { mode } });
  const seen = {};
  await client.connect(
    leg.transport === 'http'
      ? new StreamableHTTPClientTransport(new URL(job.url))
      : new StdioClientTransport({ command: job.path, args: ['stdio'], stderr: 'ignore' }),
  );
  try {
    seen.version = client.getNegotiatedProtocolVersion();
    const has = (seen.capabilities = client.getServerCapabilities());
    if (has.tools) {
      seen.tools = (await client.listTools()).tools;
      seen.unknown = await outcome(client.callTool({ name: 'no_such_tool', arguments: {} }));
      const smoke = job.smoke ?? freeOfArguments(seen.tools);
      if (smoke) {
        const call = client.callTool({ name: smoke.tool, arguments: smoke.arguments ?? {} });
        seen.call = { tool: smoke.tool, ...(await outcome(call)) };
      }
    }
    if (has.resources) {
      seen.resources = (await client.listResources()).resources;
      seen.templates = (await client.listResourceTemplates()).resourceTemplates;
      const uri = seen.resources[0]?.uri;
      if (uri) seen.read = { uri, ...(await outcome(client.readResource({ uri }))) };
    }
    if (has.prompts) seen.prompts = (await client.listPrompts()).prompts;
    if (has.completions) seen.completion = await outcome(complete(client, seen));
  } finally {
    await client.close();
  }
  return seen;
}

// A result, or the error that the server answered with.
async function outcome(call) {
  try {
    return { result: await call };
  } catch (error) {
    if (error instanceof ProtocolError) return { error: { code: error.code, message: error.message } };
    throw error;
  }
}

function freeOfArguments(tools) {
  const tool = tools.find((tool) => !tool.inputSchema.required?.length);
  return tool && { tool: tool.name };
}

async function complete(client, { prompts = [], templates = [] }) {
  const prompt = prompts.find((prompt) => prompt.arguments?.length);
  if (prompt) {
    return client.complete({ ref: { type: 'ref/prompt', name: prompt.name }, argument: { name: prompt.arguments[0].name, value: '' } });
  }
  const uri = templates[0]?.uriTemplate;
  if (!uri) throw new Error("completions are declared, and there is neither a prompt's argument nor a template to complete");
  const name = /\{[+#./;?&]?(\w+)/.exec(uri)[1];
  return client.complete({ ref: { type: 'ref/resource', uri }, argument: { name, value: '' } });
}

function late() {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(`no end within ${SECONDS} s`)), SECONDS * 1000).unref());
}
