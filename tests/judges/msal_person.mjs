// A person at the pages of the stand-in tenant, over plain HTTP: reads the forms, signs in, and answers.

export const APPS = {
  tenant: '5d0c5bb4-9d0f-4c55-9a35-0d5a6c1e7a01',
  server: '2f6c0a1e-71d4-4b8f-b0a6-3e9d5c847b10',
  local: 'c41d7b93-0e5a-4f26-9b83-7a1f2d60e511',
  host: '9e3a5d78-64b2-4c01-8f7d-b5c0e2a91f12',
  daemon: '71b8e6f4-2a9c-4d37-a5e0-c8f413d62b13',
};

export const USERS = { ada: 'ada@meadow.example', grace: 'grace@meadow.example', mia: 'mia@meadow.example' };

const MAX_PAGES = 8;

export class Visitor {
  constructor(origin, name, password) {
    Object.assign(this, { origin, name, password, cookie: '' });
  }

  // Opens a URL, does all that is asked for, and returns where the site sends the browser.
  async left(url, decision = 'allow') {
    const end = await this.walk(await this.open(url), decision);
    if (!end.left) throw new Error(`this page asks for something else: ${end.status} ${end.html}`);
    return end.left;
  }

  // The same, and brings the answer to the client: in the address, or, with `form_post`, in a form, which a real page sends
  // by itself.
  async deliver(url) {
    const end = await this.walk(await this.open(url), 'allow');
    const { action, body } = end.left ? { action: end.left } : form(end, {});
    return fetch(action, body && { method: 'POST', body });
  }

  // Types the code of a device in.
  async enterCode(page, code, decision = 'allow') {
    const end = await this.walk(await this.submit(await this.open(page), { otc: code }), decision);
    if (end.left || end.status !== 200) throw new Error(`the code was not taken: ${JSON.stringify(end)}`);
  }

  async walk(page, decision) {
    let hasSignedIn = false;
    for (let count = 0; count < MAX_PAGES; count += 1) {
      if (page.left) return page;
      if (page.html.includes('type="password"') && !hasSignedIn) {
        hasSignedIn = true;
        page = await this.submit(page, { username: this.name, password: this.password });
      } else if (page.html.includes('value="allow"')) {
        page = await this.submit(page, { decision });
      } else {
        return page;
      }
    }
    throw new Error('the pages do not end');
  }

  async submit(page, fields) {
    const { action, body } = form(page, fields);
    return this.open(action, { method: 'POST', body, headers: { origin: this.origin } });
  }

  async open(url, request = {}) {
    if (new URL(url).origin !== this.origin) return { left: url };
    const headers = { ...request.headers, ...(this.cookie && { cookie: this.cookie }) };
    const response = await fetch(url, { ...request, headers, redirect: 'manual' });
    const [set] = response.headers.getSetCookie();
    if (set) [this.cookie] = set.split(';');
    const to = response.headers.get('location');
    if (to) return this.open(new URL(to, url).href);
    return { status: response.status, html: await response.text() };
  }
}

// Where the form of a page leads, and what it sends with these fields filled in.
function form({ html }, fields) {
  const action = /<form method="post" action="([^"]*)"/.exec(html);
  if (!action) throw new Error(`no form: ${html}`);
  const hidden = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  const body = new URLSearchParams([...hidden.map(([, name, value]) => [name, plain(value)]), ...Object.entries(fields)]);
  return { action: plain(action[1]), body };
}

function plain(text) {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
