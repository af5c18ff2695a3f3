// The pages in Chromium: what people do with them. identity_twice.mjs has what they do twice or too late,
// identity_defences.mjs what others try, and how the pages look.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arrivals, clientSite, withChromium } from './identity_browser.mjs';
import { judgeDefences } from './identity_defences.mjs';
import { Party, discover } from './identity_flow.mjs';
import { accepted } from './identity_mcp.mjs';
import { judgeTime, judgeTwice } from './identity_twice.mjs';
import { PASSWORD, equal, expect, failure, withListener, withProgram } from './identity_tools.mjs';

export async function judgePages(checks, { path, target }) {
  const folder = mkdtempSync(join(tmpdir(), 'judge-'));
  const site = clientSite();
  try {
    await withListener(site.answer, async (app) => {
      const judge = async (resource) => {
        const as = await discover(new URL(resource).origin);
        await withChromium(target, async ({ version, person }) => {
          console.log(`       ${version}`);
          const client = () => new Party(as, resource, { redirect: `${app}/callback` });
          const all = { checks, person, client, app, resource, site };
          await judgeDecisions(all);
          await judgeTwice(all);
          await judgeTime(all, join(folder, 'authorization.sqlite'));
          await judgeDefences(all);
        });
      };
      const variables = { OAUTH_METADATA_HOSTS: new URL(app).host };
      await withProgram(path, ['http', '--data', folder], judge, variables);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function judgeDecisions({ checks, person, client, resource, site }) {
  await checks.check('approve: the code works', () =>
    person(async (ada) => {
      const party = client();
      const [answer, ...more] = await arrivals(site, async () => {
        await ada.toConsent(await party.request());
        for (const wanted of ['ada', "The lesson's command line", resource, '127.0.0.1', 'mcp.access', 'mcp.read', 'mcp.write']) {
          expect((await ada.text()).includes(wanted), `${wanted} is not on the page`);
        }
        await ada.press('button[value=allow]');
      });
      equal([await ada.title(), more.length], ['The app', 0], 'where it ends');
      ada.noComplaints();
      return accepted(resource, (await party.exchange(party.validate(answer))).access_token);
    }),
  );
  await checks.check('deny: the client is told', () =>
    person(async (ada) => {
      const party = client();
      const [answer] = await arrivals(site, async () => {
        await ada.toConsent(await party.request());
        await ada.press('button[value=deny]');
      });
      ada.noComplaints();
      return (await failure(() => party.validate(answer))).error;
    }),
  );
  await checks.check('a wrong password: it is said, nothing else is lost, and the right one goes on', () =>
    person(async (ada) => {
      await ada.go(await client().request());
      await ada.signIn('ada', 'not the password');
      equal([ada.status, await ada.title()], [401, 'Sign in'], 'the page');
      const error = await ada.page.$eval('[role=alert]', (alert) => alert.textContent);
      const described = await ada.page.$eval('#password', (input) => [input.getAttribute('aria-describedby'), input.value]);
      equal(described, ['error', ''], 'what the input says');
      equal(await ada.page.$eval('#username', (input) => input.value), 'ada', 'the name that was written');
      await ada.page.type('#password', PASSWORD);
      await ada.press('button');
      equal(await ada.title(), 'Allow access?', 'the page');
      return error;
    }),
  );
  await checks.check('a wrong password, again and again: an end for the name, also with the right one', () =>
    person(async (grace) => {
      await grace.go(await client().request());
      for (let attempt = 1; attempt <= 5; attempt += 1) {
        await grace.page.$eval('#username', (input) => (input.value = ''));
        await grace.signIn('grace', 'not the password');
        equal(grace.status, 401, `the status after attempt ${attempt}`);
      }
      await grace.page.$eval('#username', (input) => (input.value = ''));
      await grace.signIn('grace');
      equal([grace.status, await grace.title()], [429, 'Sign in'], 'the page');
      return grace.page.$eval('[role=alert]', (alert) => alert.textContent);
    }),
  );
  await checks.check('who is signed in is asked again, for each request', () =>
    person(async (ada) => {
      await ada.toConsent(await client().request());
      await ada.press('button[value=allow]');
      await ada.go(await client().request());
      equal(await ada.title(), 'Allow access?', 'the page');
    }),
  );
  await checks.check('with the keyboard alone', () =>
    person(async (ada) => {
      const party = client();
      const [answer] = await arrivals(site, async () => {
        await ada.go(await party.request());
        const { keyboard } = ada.page;
        const enter = () => Promise.all([ada.page.waitForNavigation(), keyboard.press('Enter')]);
        // The cursor stands in the first field by itself.
        await ada.page.waitForSelector('#username:focus');
        await keyboard.type('ada');
        await keyboard.press('Tab');
        await keyboard.type(PASSWORD);
        await enter();
        const stops = [];
        for (let tab = 0; tab < 2; tab += 1) {
          await keyboard.press('Tab');
          stops.push(await ada.page.evaluate(() => [document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]));
        }
        equal(stops, [['Allow', 'solid'], ['No, thanks', 'solid']], 'where Tab stops, with its outline');
        await keyboard.down('Shift');
        await keyboard.press('Tab');
        await keyboard.up('Shift');
        await enter();
      });
      party.validate(answer);
    }),
  );
  await checks.check('without any script', () =>
    person(
      async (ada) => {
        const party = client();
        const [answer] = await arrivals(site, async () => {
          await ada.go(await party.request());
          await ada.signIn();
          await ada.press('button[value=allow]');
        });
        party.validate(answer);
      },
      { scripts: false },
    ),
  );
}
