// Which servers the judges judge, and how an HTTP server is started and ended.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

// The probe is no lesson: its tools misbehave on purpose, so it names a harmless one and is spared the rules of style.
const PROBE = { package: 'e2e', binary: 'probe', isProbe: true, smoke: { tool: 'echo', arguments: { text: 'hello' } } };

// The lessons named on the command line, or else all; `--probe` adds the probe, which can also be named.
export function chosen(argv) {
  const names = argv.filter((argument) => argument !== '--probe');
  const unknown = names.find((name) => name.startsWith('-'));
  if (unknown) fail(`unknown flag ${unknown}; usage: [--probe] [package...]`);
  const metadata = JSON.parse(execFileSync('cargo', ['metadata', '--no-deps', '--format-version', '1'], { maxBuffer: 1 << 26 }));
  const known = metadata.packages
    .filter((crate) => crate.metadata?.lesson)
    .map((crate) => ({ package: crate.name, binary: crate.name, ...crate.metadata.lesson }))
    .sort((one, other) => one.package.localeCompare(other.package));
  const lessons = names.length ? names.filter((name) => name !== 'probe').map((name) => find(known, name)) : known;
  const servers = argv.includes('--probe') || names.includes('probe') ? [PROBE, ...lessons] : lessons;
  if (!servers.length) fail('no lesson: no package has [package.metadata.lesson] in its Cargo.toml');
  return {
    isComplete: !names.length,
    results: metadata.target_directory,
    binaries: join(metadata.target_directory, 'debug'),
    servers: servers.map((server) => ({
      name: server.binary,
      transports: ['stdio', 'http'],
      revisions: ['2025-11-25', '2026-07-28'],
      ...server,
      path: built(join(metadata.target_directory, 'debug', server.binary)),
    })),
  };
}

function find(known, name) {
  return known.find((lesson) => lesson.package === name) ?? fail(`no lesson ${name}; there are: ${known.map((lesson) => lesson.package).join(', ')}, probe`);
}

export function built(path) {
  return existsSync(path) ? path : fail(`${path} is missing: run \`cargo build --workspace --bins\``);
}

export function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

// Starts `path http` (or another command) on a free port, waits until it listens, gives its URL and what it has written
// until then to `use`, and returns what that returns. Whether the server ends by itself afterwards is part of the judgement.
export async function withHttpServer(path, use, command = ['http'], variables = {}) {
  const env = { ...process.env, ...variables };
  const child = spawn(path, [...command, '--bind', '127.0.0.1:0'], { stdio: ['ignore', 'ignore', 'pipe'], env });
  let log = '';
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
  const url = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.stderr.setEncoding('utf8').on('data', (text) => {
      log = (log + text).slice(-100_000);
      const line = /^listening on (\S+)\n/m.exec(log);
      if (line) resolve(line[1]);
    });
    ended.then(() => reject(new Error(`${path} ended before it listened: ${tail(log)}`)));
  });
  const listening = await within(60, url, () => `${path} does not listen: ${tail(log)}`).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  try {
    return await use(listening, log);
  } finally {
    child.kill('SIGTERM');
    const code = await within(30, ended, () => `${path} does not end on SIGTERM: ${tail(log)}`).finally(() => child.kill('SIGKILL'));
    if (code !== 0) throw new Error(`${path} ended with ${code} on SIGTERM: ${tail(log)}`);
  }
}

// Whether a server wants an access token for everything: then a judge without one has nothing to judge over HTTP, and the
// lesson's own tests have to.
export async function isProtected(url) {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const response = await fetch(url, { method: 'POST', headers, body: '{}', signal: AbortSignal.timeout(30_000) });
  await response.text();
  return response.status === 401 && response.headers.has('www-authenticate');
}

// Runs a program to its end and returns what it wrote to stdout. Its exit code is for the caller to judge. The error of
// a program that takes too long carries what it had written by then. `heard` is told all of stdout whenever there is more.
export async function run(program, argv, seconds, heard = () => {}) {
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_PROXY: '127.0.0.1,localhost' } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => heard((stdout += text)));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-100_000)));
  const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const late = (error) => Promise.reject(Object.assign(error, { stdout }));
  const code = await within(seconds, ended, () => `${argv[0]} takes longer than ${seconds} s`).catch(late).finally(() => child.kill('SIGKILL'));
  return { code, stdout, stderr };
}

function within(seconds, promise, message) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(message())), seconds * 1000)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function tail(log) {
  return log.trim().split('\n').slice(-3).join(' | ').slice(-500);
}
