// The official TypeScript SDK doing the benchmark's work: server.mjs http PORT TOOLS, or server.mjs stdio TOOLS.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../../.tools/npm/', import.meta.url));
const { McpServer, createMcpHandler } = require('@modelcontextprotocol/server');
const { z } = require('zod');

const [mode, ...rest] = process.argv.slice(2);
const tools = Number(rest.at(-1));
const text = (text) => ({ content: [{ type: 'text', text }] });
const header = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const data = Buffer.concat([header, Buffer.alloc(1024 * 1024)]).toString('base64');
const argument = z.object({ text: z.string() });
const more = z.object({ text: z.string(), limit: z.number().int().default(10), tags: z.array(z.string()).optional() });

function factory() {
  const server = new McpServer({ name: 'bench', version: '1.0.0' });
  server.registerTool('echo', { description: 'Returns its argument.', inputSchema: argument }, (given) => text(given.text));
  server.registerTool('count', { description: 'Reports progress once, and ends.' }, async (ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken;
    if (progressToken !== undefined) {
      await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1, total: 2 } });
    }
    return text('counted');
  });
  server.registerTool('picture', { description: 'A picture of one MiB.' }, () => ({
    content: [{ type: 'image', data, mimeType: 'image/png' }],
  }));
  for (let number = 3; number < tools; number++) {
    const description = `One of many tools, so that a list is long: number ${number}.`;
    const name = `tool_${String(number).padStart(2, '0')}`;
    server.registerTool(name, { description, inputSchema: more }, (given) => text(given.text));
  }
  return server;
}

if (mode === 'stdio') {
  const { serveStdio } = require('@modelcontextprotocol/server/stdio');
  serveStdio(factory);
} else {
  const { toNodeHandler } = require('@modelcontextprotocol/node');
  createServer(toNodeHandler(createMcpHandler(factory))).listen(Number(rest[0]), '127.0.0.1');
}
