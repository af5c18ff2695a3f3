// The pages of the stand-in tenant in Chromium: what people do with them, what axe-core finds, and what the browser would
// block. Run by msal.mjs, over plain HTTP, because Chromium asks the machine which certificates it trusts.

import { createHash, randomBytes } from 'node:crypto';
import { withChromium } from './identity_browser.mjs';
import { Checks, PASSWORD, equal, expect, withListener } from './identity_tools.mjs';
import { APPS, USERS } from './msal_person.mjs';

const READ = `api://${APPS.server}/mcp.tools.read`;
const GROUPS = 'GroupMember.Read.All';
const POLICY = JSON.stringify({ access_token: { capolids: { essential: true, values: ['p'] } } });

export async function judgePages(authority, target) {
  const checks = new Checks('pages');
  const app = new App();
  await withListener((request, response) => app.answer(request, response), async (origin) => {
    const site = { authority, app, redirect: `${origin}/callback` };
    await withChromium(target, async ({ version, person }) => {
      console.log(`       ${version}`);
      for (const [name, visit] of Object.entries(VISITS)) {
        await checks.check(name, () => person((somebody) => visit(somebody, site)));
      }
    });
  });
  console.log(`Chromium: ${checks.passed} ok, ${checks.failed} failed`);
  return !checks.failed && checks.passed > 0;
}

// The client's site: what arrives there, in the address or in a form.
class App {
  arrived = [];

  answer(request, response) {
    let body = '';
    request.on('data', (text) => (body += text));
    request.on('end', () => {
      const url = new URL(request.url, 'http://127.0.0.1');
      if (url.pathname === '/callback') this.arrived.push(Object.fromEntries(new URLSearchParams(body || url.search)));
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><html lang="en"><title>The app</title>');
    });
  }
}

function authorize({ authority, redirect }, more = {}) {
  const challenge = createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url');
  const usual = { client_id: APPS.host, redirect_uri: redirect, response_type: 'code', scope: READ, state: 's' };
  const query = new URLSearchParams({ ...usual, code_challenge: challenge, code_challenge_method: 'S256', ...more });
  return `${authority}/${APPS.tenant}/oauth2/v2.0/authorize?${query}`;
}

// Presses, and returns what has arrived at the client by then.
async function arrival(somebody, { app }, selector) {
  app.arrived.length = 0;
  await somebody.press(selector);
  equal([await somebody.title(), app.arrived.length], ['The app', 1], 'where it ends');
  somebody.noComplaints();
  return app.arrived[0];
}

// The page that is open has this title, says what it is, and pleases axe-core.
async function on(somebody, title) {
  equal(await somebody.title(), title, 'the page');
  expect((await somebody.text()).includes('not a sign-in page of Microsoft'), 'the page does not say what it is');
  return somebody.accessible();
}

const ALLOW = 'button[value=allow]';
const DENY = 'button[value=deny]';

const VISITS = {
  async 'sign in, consent, and the second time neither'(ada, site) {
    await ada.go(authorize(site));
    const rules = await on(ada, 'Sign in');
    await ada.picture('entra-sign-in');
    await ada.signIn(USERS.ada, PASSWORD);
    await on(ada, 'Permissions requested');
    await ada.picture('entra-consent');
    expect((await arrival(ada, site, ALLOW)).code, 'no code');
    site.app.arrived.length = 0;
    await ada.go(authorize(site));
    expect(site.app.arrived[0]?.code, 'no code the second time');
    return `${rules} rules of axe-core`;
  },
  async 'a sign-in that leads straight to the client is not blocked'(ada, site) {
    await ada.go(authorize(site, { prompt: 'login' }));
    await ada.page.type('#username', USERS.ada);
    await ada.page.type('#password', PASSWORD);
    expect((await arrival(ada, site, 'button')).code, 'no code');
  },
  async 'a wrong password: it is said, and the name stays'(ada, site) {
    await ada.go(authorize(site));
    await ada.signIn(USERS.ada, 'not the password');
    equal(ada.status, 401, 'the status');
    await on(ada, 'Sign in');
    expect((await ada.text()).includes('AADSTS50126'), 'the code is not on the page');
    equal(await ada.page.$eval('#username', (input) => input.value), USERS.ada, 'the name that was written');
  },
  async 'a client that wants its answer in a form'(ada, site) {
    await ada.go(authorize(site, { response_mode: 'form_post' }));
    await ada.signIn(USERS.ada, PASSWORD);
    await on(ada, 'Back to the app');
    const answer = await arrival(ada, site, 'button');
    equal([Boolean(answer.code), answer.state], [true, 's'], 'the answer');
  },
  async 'no: the client is told'(grace, site) {
    await grace.go(authorize(site, { prompt: 'consent' }));
    await grace.signIn(USERS.grace, PASSWORD);
    const answer = await arrival(grace, site, DENY);
    equal(answer.error, 'access_denied', 'the error');
    return answer.error_description.slice(0, 11);
  },
  async 'a second factor, where the claims ask for one'(mia, site) {
    await mia.go(authorize(site, { claims: POLICY, prompt: 'login' }));
    await mia.signIn(USERS.mia, PASSWORD);
    await on(mia, 'Approve sign-in');
    await mia.picture('entra-second-factor');
    await mia.press(ALLOW);
    await on(mia, 'Permissions requested');
    expect((await arrival(mia, site, ALLOW)).code, 'no code');
  },
  async 'what only an administrator can allow'(ada, site) {
    await ada.go(authorize(site, { client_id: APPS.local, scope: GROUPS }));
    await ada.signIn(USERS.ada, PASSWORD);
    await on(ada, 'Sign in');
    expect((await ada.text()).includes('AADSTS90094'), 'the code is not on the page');
  },
  async 'a client that nobody knows'(ada, site) {
    site.app.arrived.length = 0;
    await ada.go(authorize(site, { client_id: '00000000-1111-2222-3333-444444444444' }));
    await on(ada, 'Sign in');
    expect((await ada.text()).includes('AADSTS700016') && !site.app.arrived.length, 'the client was told');
  },
  async 'the code of a device'(ada, { authority }) {
    const body = new URLSearchParams({ client_id: APPS.local, scope: 'User.Read' });
    const begun = await (await fetch(`${authority}/${APPS.tenant}/oauth2/v2.0/devicecode`, { method: 'POST', body })).json();
    await ada.go(begun.verification_uri);
    await on(ada, 'Enter code');
    await ada.page.type('#otc', 'WRONGCODE');
    await ada.press('button');
    equal(ada.status, 400, 'the status');
    await on(ada, 'Enter code');
    await ada.page.$eval('#otc', (input) => (input.value = ''));
    await ada.page.type('#otc', begun.user_code);
    await ada.press('button');
    await ada.signIn(USERS.ada, PASSWORD);
    await on(ada, 'Permissions requested');
    await ada.press(ALLOW);
    await on(ada, 'Continue?');
    await ada.press(ALLOW);
    await on(ada, 'You have signed in');
    ada.noComplaints();
    const poll = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: APPS.local, device_code: begun.device_code };
    const token = `${authority}/${APPS.tenant}/oauth2/v2.0/token`;
    const answer = await (await fetch(token, { method: 'POST', body: new URLSearchParams(poll) })).json();
    expect(answer.access_token, answer);
  },
};
