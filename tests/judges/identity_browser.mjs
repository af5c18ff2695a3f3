// Chromium without a window, and the site that it is sent back to. A person is one who has just opened the browser: no
// cookie, no history.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { PASSWORD, equal, expect, installed, results } from './identity_tools.mjs';

const { default: puppeteer } = await installed('puppeteer-core/lib/puppeteer/puppeteer-core.js');
const AXE = readFileSync(new URL('../../.tools/npm/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

export async function withChromium(target, use) {
  const folder = results(target, 'pages');
  mkdirSync(folder, { recursive: true });
  const executablePath = execFileSync('sh', ['-c', 'command -v "$0"', process.env.CHROMIUM ?? 'chromium'], { encoding: 'utf8' }).trim();
  // As root Chromium has no sandbox; the only pages that it opens are our own.
  const args = ['--disable-background-networking', '--no-proxy-server', ...(process.getuid() ? [] : ['--no-sandbox'])];
  const browser = await puppeteer.launch({ executablePath, args, timeout: 60_000 });
  try {
    return await use({
      version: await browser.version(),
      person: async (visit, options) => {
        const context = await browser.createBrowserContext();
        try {
          return await visit(await Person.arrive(context, folder, options));
        } finally {
          await context.close();
        }
      },
    });
  } finally {
    await browser.close();
  }
}

// What a hostile client calls itself: an image and a script, if it were taken for HTML.
export const HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>';

// The client's site: where answers arrive, its metadata documents, and pages that mean no good.
export function clientSite() {
  const arrived = [];
  const html = (text) => `<!doctype html><html lang="en"><title>The app</title><p>${text}</p></html>`;
  const pages = {
    '/callback': (url) => {
      arrived.push(url);
      return html('You can close this window.');
    },
    '/frame': (url) => html(`<iframe src="${url.searchParams.get('of')}"></iframe>`),
    '/forge': (url) => {
      const fields = [...url.searchParams].filter(([name]) => name !== 'action');
      const inputs = fields.map(([name, value]) => `<input name="${name}" value="${value}">`).join('');
      return html(`<form method="post" action="${url.searchParams.get('action')}">${inputs}<button>Win a prize</button></form>`);
    },
  };
  const answer = (request, response) => {
    const url = new URL(request.url, `http://${request.headers.host}`);
    if (url.pathname.endsWith('.json')) return response.writeHead(200, { 'content-type': 'application/json' }).end(metadata(url));
    const page = pages[url.pathname];
    response.writeHead(page ? 200 : 404, { 'content-type': 'text/html' }).end(page?.(url));
  };
  return { arrived, answer };
}

function metadata({ origin, pathname }) {
  const client_name = pathname === '/hostile.json' ? HOSTILE : 'LongName'.repeat(10);
  return JSON.stringify({ client_id: origin + pathname, client_name, redirect_uris: ['http://127.0.0.1/callback'] });
}

// What arrives at the client while somebody visits.
export async function arrivals(site, visit) {
  site.arrived.length = 0;
  await visit();
  return [...site.arrived];
}

export class Person {
  // What the browser complains about: blocked by a policy, or broken.
  complaints = [];

  static async arrive(context, folder, { width = 1000, height = 800, scripts = true } = {}) {
    const self = Object.assign(new Person(), { context, folder });
    self.options = { width, height, scripts };
    self.page = await self.tab();
    return self;
  }

  async tab() {
    const page = await this.context.newPage();
    page.setDefaultTimeout(20_000);
    await page.setViewport({ width: this.options.width, height: this.options.height });
    await page.setJavaScriptEnabled(this.options.scripts);
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      // The browser tells each answer of 400 and more; whether a page has the right status is checked where it matters.
      const isStatus = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
      if (['error', 'warn'].includes(message.type()) && !isStatus) this.complaints.push(message.text());
    });
    return page;
  }

  // Where the last navigation has ended.
  async go(url, page = this.page) {
    this.status = (await page.goto(url, { waitUntil: 'load' }))?.status();
  }

  async press(selector, page = this.page) {
    await page.bringToFront();
    const [response] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.click(selector)]);
    this.status = response?.status();
  }

  // Two clicks, the second when the server has done its work and the answer is still on its way.
  async twice(selector) {
    await this.page.emulateNetworkConditions({ latency: 900, download: 1e6, upload: 1e6 });
    const { x, y, width, height } = await (await this.page.$(selector)).boundingBox();
    const click = () => this.page.mouse.click(x + width / 2, y + height / 2);
    const arriving = this.page.waitForNavigation();
    await click();
    await new Promise((resolve) => setTimeout(resolve, 450));
    await click();
    await arriving;
    await this.page.waitForNetworkIdle({ idleTime: 2000 });
    await this.page.emulateNetworkConditions(null);
  }

  async signIn(username = 'ada', password = PASSWORD, page = this.page) {
    await page.bringToFront();
    await page.type('#username', username);
    await page.type('#password', password);
    await this.press('button', page);
  }

  async toConsent(url, username) {
    await this.go(url);
    await this.signIn(username);
    equal(await this.title(), 'Allow access?', 'the page');
  }

  title(page = this.page) {
    return page.title();
  }

  text(page = this.page) {
    return page.$eval('body', (body) => body.innerText);
  }

  // That the page says so, and offers nothing that could still be pressed.
  async isOver(page = this.page) {
    equal([await page.title(), await page.$$eval('button', (all) => all.length)], ['This request is over', 0], 'the page');
  }

  async picture(name, page = this.page) {
    await page.screenshot({ path: `${this.folder}/${name}.png`, fullPage: true });
  }

  // What axe-core, a stranger's judge of accessibility, finds against WCAG 2.2 AA and good practice.
  async accessible(page = this.page) {
    await page.evaluate(AXE);
    const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
    const problems = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ').slice(0, 200)}`);
    expect(!problems.length, problems.join('\n'));
    return passes.length;
  }

  noComplaints() {
    equal(this.complaints, [], 'what the browser complains about');
  }
}
