// The pages in Chromium: what people do twice, in two tabs, or too late.

import { DatabaseSync } from 'node:sqlite';
import { arrivals } from './identity_browser.mjs';
import { PASSWORD, equal } from './identity_tools.mjs';

export async function judgeTwice({ checks, person, client, site }) {
  for (const [name, selector] of Object.entries({ Allow: 'button[value=allow]', 'No, thanks': 'button[value=deny]' })) {
    await checks.check(`a double click on ${name}: one answer arrives`, () =>
      person(async (ada) => {
        const all = await arrivals(site, async () => {
          await ada.toConsent(await client().request());
          await ada.twice(selector);
        });
        await ada.picture('double-click');
        equal([all.length, await ada.title()], [1, 'The app'], 'the number of answers, and the page');
      }),
    );
  }
  await checks.check('a double click on Sign in', () =>
    person(async (ada) => {
      await ada.go(await client().request());
      await ada.page.type('#username', 'ada');
      await ada.page.type('#password', PASSWORD);
      await ada.twice('button');
      equal(await ada.title(), 'Allow access?', 'the page');
    }),
  );
  await checks.check('one request in two tabs: the second comes too late', () =>
    person(async (ada) => {
      const all = await arrivals(site, async () => {
        await ada.toConsent(await client().request());
        const other = await ada.tab();
        await ada.go(ada.page.url(), other);
        await ada.press('button[value=deny]');
        await ada.press('button[value=allow]', other);
        equal(ada.status, 410, 'the status');
        await ada.isOver(other);
        await ada.picture('over', other);
      });
      equal(all.map((url) => url.searchParams.has('code')), [false], 'the answers');
    }),
  );
  await checks.check('two requests in two tabs: each gets its own answer', () =>
    person(async (ada) => {
      const [one, two] = [client(), client()];
      const other = await ada.tab();
      const all = await arrivals(site, async () => {
        await ada.toConsent(await one.request());
        await ada.go(await two.request(), other);
        await ada.press('button[value=allow]', other);
        await ada.press('button[value=allow]');
      });
      two.validate(all[0]);
      one.validate(all[1]);
    }),
  );
  await checks.check('back after the decision: it cannot be taken again', () =>
    person(async (ada) => {
      const all = await arrivals(site, async () => {
        await ada.toConsent(await client().request());
        await ada.press('button[value=deny]');
        await ada.page.goBack({ waitUntil: 'load' });
        if (await ada.page.$('button[value=allow]')) await ada.press('button[value=allow]');
        await ada.isOver();
      });
      equal(all.length, 1, 'the number of answers');
    }),
  );
}

export async function judgeTime({ checks, person, client, site, app }, database) {
  await checks.check('a request that does not exist', () =>
    person(async (ada) => {
      await ada.toConsent(await client().request());
      for (const page of ['sign-in', 'consent']) {
        await ada.go(new URL(`/${page}?request=${'x'.repeat(43)}`, ada.page.url()).href);
        equal(ada.status, 410, `the status of ${page}`);
        await ada.isOver();
      }
    }),
  );
  await checks.check('a request that has run out, with its form still open', () =>
    person(async (ada) => {
      const all = await arrivals(site, async () => {
        await ada.toConsent(await client().request());
        const other = await ada.tab();
        // Ten minutes later: the end of every request was then.
        const clock = new DatabaseSync(database);
        clock.exec('UPDATE requests SET expires = expires - 600');
        clock.close();
        await ada.go(ada.page.url(), other);
        equal(ada.status, 410, 'the status of the page');
        await ada.press('button[value=allow]');
        equal(ada.status, 410, 'the status of the form');
        await ada.isOver();
      });
      equal(all.length, 0, `the number of answers at ${app}`);
    }),
  );
}
