// Tokens that our resource server has to refuse although a certified provider has signed nearly all of them, each wrong in
// one way only (RFC 6750, RFC 8725, RFC 9068).

import { accepted, callTool, refused } from './identity_mcp.mjs';
import { ForeignIssuer, newKeys } from './identity_provider.mjs';
import { Visitor, equal, expect, installed } from './identity_tools.mjs';

const jose = await installed('jose/dist/webapi/index.js');

const seconds = () => Math.floor(Date.now() / 1000);
const claims = (fields) => ({ payload }) => Object.assign(payload, fields);
const header = (fields) => (jwt) => (jwt.header = { ...jwt.header, ...fields });

export async function judgeTokens(checks, issuer, url, keys) {
  const signed = (change) => issuer.token(url, { change });
  const bad = (name, why, token) => checks.check(name, async () => refused(url, await token(), why));

  await bad('for another resource', /audience/, () => issuer.token('https://other.example/mcp'));
  await bad('for this host, but another path', /audience/, () => issuer.token(`${url}/more`));
  await checks.check('for a list of resources that holds this one: let in', async () =>
    accepted(url, await signed(claims({ aud: ['https://other.example/mcp', url] }))),
  );
  await bad('for a list of others', /audience/, () => signed(claims({ aud: ['https://other.example/mcp', 'x'] })));
  await bad('an ID token whose audience is this resource', /type/, async () => {
    issuer.knows(url);
    const { id_token } = await issuer.visit(new Visitor(), { scope: 'openid', client: url });
    equal(jose.decodeJwt(id_token).aud, url, 'the audience of the ID token');
    return id_token;
  });
  await bad('an access token that calls itself JWT', /type/, () => signed(header({ typ: 'JWT' })));
  await bad('an opaque token of the issuer', /JSON Web Token/, async () => {
    issuer.format = 'opaque';
    return issuer.token(url).finally(() => (issuer.format = 'jwt'));
  });
  await bad('critical header parameters', /critical/, async () => withHeader(await signed(), { crit: ['exp'] }));

  await bad('expired an hour ago', /expired/, () => signed(claims({ exp: seconds() - 3600 })));
  await checks.check('expired a moment ago: let in as skew, and seconds later no more', async () => {
    const token = await signed(claims({ exp: seconds() - 27 }));
    await accepted(url, token);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    return refused(url, token, /expired/);
  });
  await bad('without an expiry', /expiry/, () => signed(claims({ exp: undefined })));
  await bad('not valid yet', /not valid yet/, () => signed(claims({ nbf: seconds() + 600 })));
  await bad('without a subject', /subject/, () => signed(claims({ sub: undefined })));

  await bad('somebody has written more scopes into it', /signature/, async () => {
    const [head, body, signature] = (await signed()).split('.');
    const fields = JSON.parse(Buffer.from(body, 'base64url'));
    return [head, encode({ ...fields, scope: 'mcp.access mcp.admin' }), signature].join('.');
  });
  await bad('the signature of another token', /signature/, async () => {
    const [one, other] = [await signed(), await signed()].map((token) => token.split('.'));
    return [one[0], one[1], other[2]].join('.');
  });
  await bad('no signature, alg none', /algorithm/, async () => withHeader(await signed(), { alg: 'none' }).replace(/[^.]*$/, ''));
  await bad("HS256 with the issuer's public key as the secret", /algorithm/, async () => {
    const [{ kty, n, e, kid }] = keys;
    const pem = await jose.exportSPKI(await jose.importJWK({ kty, n, e }, 'RS256'));
    const signing = new jose.SignJWT(jose.decodeJwt(await signed())).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid });
    return signing.sign(new TextEncoder().encode(pem));
  });
  for (const alg of ['RS512', 'EdDSA']) {
    await bad(`${alg}, which the issuer can and this server does not`, /algorithm/, async () => {
      issuer.alg = alg;
      return signed().finally(() => (issuer.alg = 'RS256'));
    });
  }
  await bad('a key that the token brings along (jwk)', /signature|no such key/, async () => {
    const { publicKey, privateKey } = await jose.generateKeyPair('RS256');
    const jwk = await jose.exportJWK(publicKey);
    const fields = { alg: 'RS256', typ: 'at+jwt', kid: keys[0].kid, jwk };
    return new jose.SignJWT(jose.decodeJwt(await signed())).setProtectedHeader(fields).sign(privateKey);
  });

  await checks.check('the same provider under another issuer', () => withStranger({}, (stranger) => refusedOf(stranger, url, /issuer/)));
  await checks.check("a stranger under the issuer's name, with its key ids", () =>
    withStranger({ issuer: issuer.issuer }, (stranger) => refusedOf(stranger, url, /signature/)),
  );

  await judgePlaces(checks, url, await signed());
}

// RFC 6750, section 2, as MCP narrows it: the header is the only place for a token.
async function judgePlaces(checks, url, token) {
  const send = (change) => (url, headers, body) => {
    change(url, headers);
    return fetch(url, { method: 'POST', headers, body });
  };
  const inQuery = (url) => url.searchParams.set('access_token', token);
  const inHeader = (scheme) => (_, headers) => headers.set('authorization', `${scheme} ${token}`);
  const both = (...changes) => (url, headers) => changes.forEach((change) => change(url, headers));
  const places = {
    'a good token in the query': [inQuery, 400],
    'the same token in the header and in the query': [both(inHeader('Bearer'), inQuery), 400],
    'another scheme': [inHeader('Basic'), 401],
    'two Authorization headers': [both(inHeader('Bearer'), (_, headers) => headers.append('authorization', `Bearer ${token}`)), 400],
  };
  for (const [name, [change, wanted]] of Object.entries(places)) {
    await checks.check(name, async () => {
      const { status, headers } = await callTool(url, token, 'hello', { send: send(change) });
      expect(status === wanted, `${status} ${headers.get('www-authenticate')}`);
      return `${status}`;
    });
  }
  await checks.check('bearer is as good as Bearer: let in', () => accepted(url, token, 'hello', { send: send(inHeader('bearer')) }));
}

async function refusedOf(stranger, url, why) {
  return refused(url, await stranger.token(url), why);
}

async function withStranger(options, use) {
  const stranger = await ForeignIssuer.start(await newKeys('first'), options);
  return use(stranger).finally(() => stranger.stop());
}

function withHeader(token, fields) {
  const [head, ...rest] = token.split('.');
  return [encode({ ...JSON.parse(Buffer.from(head, 'base64url')), ...fields }), ...rest].join('.');
}

export function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
