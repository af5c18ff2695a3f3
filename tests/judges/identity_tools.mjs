// What the judges of mcp-oauth2 share: named checks, the program with known secrets, and somebody who fills in its pages.

import { createServer } from 'node:http';
import { inspect, isDeepStrictEqual } from 'node:util';
import { withHttpServer } from './lessons.mjs';

export const SECRET = 'a secret of the judges: +/%&=';
export const PASSWORD = 'a password of the judges';
export const CONFIDENTIAL = 'mcp-client';
export const PUBLIC = 'mcp-cli';

// A package that is installed for the judges, by its entry file.
export const installed = (path) => import(new URL(`../../.tools/npm/node_modules/${path}`, import.meta.url));
export const results = (target, path) => `${target}/identity/${path}`;

// Named checks of one judge. A check returns what is worth telling, or throws what is wrong; the next ones run all the same.
export class Checks {
  passed = 0;
  failed = 0;
  #began = performance.now();

  constructor(judge) {
    this.judge = judge;
  }

  async check(name, body) {
    try {
      const told = await within(60, body(), name);
      this.passed += 1;
      this.#tell('ok', name, told ?? '');
      return true;
    } catch (error) {
      this.failed += 1;
      this.#tell('FAILED', name, '');
      // Other errors than the judges' own are told with the place and the cause.
      const text = error.constructor === Error && !error.cause ? error.message : inspect(error, { depth: 3, breakLength: 120 });
      for (const line of text.split('\n').slice(0, 12)) console.log(`       ${line.slice(0, 1000)}`);
      return false;
    }
  }

  get seconds() {
    return Math.round((performance.now() - this.#began) / 1000);
  }

  #tell(verdict, name, told) {
    console.log(`${verdict.padEnd(6)} ${this.judge.padEnd(8)} ${name.padEnd(72)} ${told}`.trimEnd());
  }
}

export function expect(condition, problem) {
  if (!condition) throw new Error(typeof problem === 'string' ? problem : JSON.stringify(problem).slice(0, 600));
}

export function equal(found, wanted, what = 'it') {
  const text = (value) => JSON.stringify(value)?.slice(0, 400);
  expect(isDeepStrictEqual(found, wanted), `${what} is ${text(found)}, not ${text(wanted)}`);
}

// The error that this ends with; it has to.
export async function failure(work) {
  const promise = work instanceof Function ? new Promise((resolve) => resolve(work())) : work;
  const value = await promise.then((value) => ({ value }), (error) => ({ error }));
  expect(value.error, `this should have failed: ${JSON.stringify(value.value)?.slice(0, 300)}`);
  return value.error;
}

// Runs `mcp-oauth2 COMMAND...` with known secrets, and gives `use` the URL that it listens on.
export function withProgram(path, command, use, variables = {}) {
  return withHttpServer(path, use, command, { OAUTH_CLIENT_SECRET: SECRET, OAUTH_DEMO_PASSWORD: PASSWORD, ...variables });
}

// Serves `answer` on a free port of this machine, or on `port`, while `use` runs.
export async function withListener(answer, use, port = 0) {
  const server = createServer(answer);
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

// A port that was free a moment ago.
export const freePort = () => withListener(() => {}, (url) => Number(new URL(url).port));

// A browser without a window: it keeps cookies, follows redirects within one site, and fills in the site's real forms.
export class Visitor {
  #cookies = new Map();

  // Where a URL leads: `{ left }`, an address out of the site, or the page that was shown.
  async open(url, init = {}) {
    const site = new URL(url).origin;
    for (let redirects = 0; redirects < 10; redirects += 1) {
      if (new URL(url).origin !== site) return { left: url };
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const headers = { ...init.headers, ...(cookie && { cookie }) };
      const response = await fetch(url, { ...init, headers, redirect: 'manual', signal: AbortSignal.timeout(20_000) });
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
        this.#cookies.set(name, value);
      }
      const html = await response.text();
      if (!response.headers.has('location')) return { status: response.status, headers: response.headers, html, url };
      url = new URL(response.headers.get('location'), url).href;
      init = {};
    }
    throw new Error('redirects do not end');
  }

  // Sends the form of a page, its hidden fields and these.
  submit(page, fields) {
    const action = /<form [^>]*action="([^"]+)"/.exec(page.html)?.[1];
    expect(action, `no form: ${page.html}`);
    const hidden = [...page.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)];
    const body = new URLSearchParams({ ...Object.fromEntries(hidden.map(([, name, value]) => [name, value])), ...fields });
    return this.open(new URL(action, page.url).href, { method: 'POST', body, headers: { origin: new URL(page.url).origin } });
  }

  // Signs in where that is asked for, decides, and returns the address that the browser is sent to.
  async decide(url, decision = 'allow', username = 'ada') {
    let page = await this.open(url);
    if (page.html?.includes('type="password"')) page = await this.submit(page, { username, password: PASSWORD });
    if (page.html?.includes('value="allow"')) page = await this.submit(page, { decision });
    expect(page.left, `the pages end with ${page.status} ${page.html}`);
    return page.left;
  }
}

function within(seconds, promise, what) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: longer than ${seconds} s`)), seconds * 1000)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
