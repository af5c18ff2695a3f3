// A certified client in its own name, and what becomes of tokens and keys: client credentials with a secret and with a
// signature, introspection, revocation, the published keys and their rotation.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Party, discover, refusedWith, validated } from './identity_flow.mjs';
import { accepted, checkTools } from './identity_mcp.mjs';
import { CONFIDENTIAL, equal, expect, installed, withProgram } from './identity_tools.mjs';
import { run } from './lessons.mjs';

const oauth = await installed('oauth4webapi/build/index.js');
const jose = await installed('jose/dist/webapi/index.js');

const ALGORITHMS = ['ES256', 'RS256', 'PS256'];

export async function judgeMachines(checks, { path }) {
  const folder = mkdtempSync(join(tmpdir(), 'judge-'));
  const data = join(folder, 'data');
  try {
    const keys = {};
    for (const alg of [...ALGORITHMS, 'EdDSA']) keys[alg] = await jose.generateKeyPair(alg);
    const set = Object.entries(keys).map(async ([alg, { publicKey }]) => ({ ...(await jose.exportJWK(publicKey)), kid: alg, use: 'sig' }));
    const file = join(folder, 'client-keys.json');
    writeFileSync(file, JSON.stringify({ keys: await Promise.all(set) }));
    const judge = async (resource) => {
      const as = await discover(new URL(resource).origin);
      await judgeSecret(checks, as, resource);
      await judgeSignatures(checks, as, resource, keys);
      await judgeLooking(checks, as, resource);
      await judgeKeys(checks, as, resource, () => run(path, ['rotate-keys', '--data', data], 30));
    };
    await withProgram(path, ['http', '--data', data], judge, { OAUTH_CLIENT_JWKS: file });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function judgeSecret(checks, as, resource) {
  const client = Party.confidential(as, resource);
  await checks.check('client_secret_basic: a token in its own name, in both revisions', async () => {
    const { access_token, refresh_token, scope } = await client.own();
    equal([refresh_token, scope], [undefined, 'mcp.access mcp.read'], 'refresh token and scope');
    const { sub, client_id } = await validated(as, access_token, resource);
    for (const revision of ['2025-11-25', '2026-07-28']) {
      equal((await checkTools(resource, revision, access_token, scope.split(' '))).subject, sub, 'the subject');
    }
    return `${sub}, ${client_id}`;
  });
  await checks.check('a wrong secret, no secret, and the secret in the body', async () => {
    const said = [];
    for (const proof of [oauth.ClientSecretBasic('wrong'), oauth.None(), oauth.ClientSecretPost('a secret of the judges: +/%&=')]) {
      said.push(await refusedWith('invalid_client', Party.confidential(as, resource, { proof }).own()));
    }
    return said.at(-1);
  });
  await checks.check('what no machine may have: mcp.admin, another resource', async () => {
    await refusedWith('invalid_target', client.own({ resource: 'https://other.example/mcp' }));
    return refusedWith('invalid_scope', client.own({ scope: 'mcp.access mcp.admin' }));
  });
  await checks.check('the public client has no grant of its own', () => refusedWith('unauthorized_client', new Party(as, resource).own()));
}

async function judgeSignatures(checks, as, resource, keys) {
  const id = `${CONFIDENTIAL}-key`;
  const signing = (alg, change = () => {}, key = keys[alg].privateKey) => {
    const proof = oauth.PrivateKeyJwt({ key, kid: alg }, { [oauth.modifyAssertion]: change });
    return new Party(as, resource, { id, proof });
  };
  for (const alg of ALGORITHMS) {
    await checks.check(`private_key_jwt with ${alg}`, async () => accepted(resource, (await signing(alg).own()).access_token));
  }
  await checks.check('private_key_jwt: the same assertion twice', async () => {
    const client = signing('ES256', (_, payload) => (payload.jti = 'once'));
    await client.own();
    return refusedWith('invalid_client', client.own());
  });
  const now = () => Math.floor(Date.now() / 1000);
  const wrong = {
    'for another audience': (_, payload) => (payload.aud = 'https://other.example'),
    'expired': (_, payload) => Object.assign(payload, { iat: now() - 900, nbf: now() - 900, exp: now() - 600 }),
    'without an expiry': (_, payload) => delete payload.exp,
    'for a whole day': (_, payload) => (payload.exp = now() + 86_400),
    'of another client': (_, payload) => Object.assign(payload, { iss: CONFIDENTIAL, sub: CONFIDENTIAL }),
    'by another issuer': (_, payload) => (payload.iss = 'mcp-cli'),
    'with an unknown key': (header) => (header.kid = 'nobody'),
  };
  for (const [name, change] of Object.entries(wrong)) {
    await checks.check(`private_key_jwt: ${name}`, () => refusedWith('invalid_client', signing('ES256', change).own()));
  }
  await checks.check('private_key_jwt: signed by somebody else, or with EdDSA', async () => {
    const { privateKey } = await jose.generateKeyPair('ES256');
    await refusedWith('invalid_client', signing('ES256', () => {}, privateKey).own());
    return refusedWith('invalid_client', signing('EdDSA').own());
  });
}

async function judgeLooking(checks, as, resource) {
  const [operator, app] = [Party.confidential(as, resource), new Party(as, resource)];
  await checks.check('introspection (RFC 7662) of an access token and of a refresh token', async () => {
    const { access_token, refresh_token } = await app.tokens();
    const claims = jose.decodeJwt(access_token);
    const { active, token_type, ...told } = await operator.introspect(access_token);
    equal([active, told], [true, claims], 'what is told');
    const refresh = await operator.introspect(refresh_token);
    equal([refresh.active, refresh.sub, refresh.client_id, refresh.aud], [true, 'ada', 'mcp-cli', resource], 'the refresh token');
    expect(refresh.exp > claims.exp, refresh);
    return token_type;
  });
  await checks.check('introspection: not a token, and not for a client that proves nothing', async () => {
    equal(await operator.introspect('nonsense'), { active: false }, 'nonsense');
    const { access_token } = await operator.own();
    return refusedWith('unauthorized_client', app.introspect(access_token));
  });
  await checks.check('revocation (RFC 7009) of an access token: it alone ends', async () => {
    const { access_token, refresh_token } = await app.tokens();
    await app.revoke(access_token);
    equal(await operator.introspect(access_token), { active: false }, 'the token');
    await app.refresh(refresh_token);
  });
  await checks.check('revocation of a refresh token: its whole family ends', async () => {
    const { access_token, refresh_token } = await app.tokens();
    await app.revoke(refresh_token);
    equal(await operator.introspect(access_token), { active: false }, 'the access token');
    return refusedWith('invalid_grant', app.refresh(refresh_token));
  });
  await checks.check("revocation: of nothing, and of another client's token, changes nothing", async () => {
    const { access_token } = await app.tokens();
    await operator.revoke('nonsense');
    await operator.revoke(access_token);
    equal((await operator.introspect(access_token)).active, true, 'the token');
  });
}

async function judgeKeys(checks, as, resource, rotate) {
  const jwks = async () => (await (await fetch(as.jwks_uri)).json()).keys;
  const client = Party.confidential(as, resource);
  const kid = (token) => jose.decodeProtectedHeader(token).kid;
  await checks.check('two keys are published, each named by its thumbprint, none private', async () => {
    const keys = await jwks();
    equal(keys.length, 2, 'the number of keys');
    for (const key of keys) {
      equal([key.kid, key.alg, key.d], [await jose.calculateJwkThumbprint(key), 'ES256', undefined], 'the key');
    }
    return keys.map((key) => key.kid.slice(0, 8)).join(', ');
  });
  await checks.check('a rotation under the running server: the next key was published before', async () => {
    const known = jose.createLocalJWKSet({ keys: await jwks() });
    const { access_token: before } = await client.own();
    const { code, stderr } = await rotate();
    equal(code, 0, `rotate-keys ended with: ${stderr.slice(-300)}; its code`);
    const { access_token: after } = await client.own();
    expect(kid(before) !== kid(after), 'the same key signs');
    const options = { issuer: as.issuer, audience: resource, typ: 'at+jwt' };
    await jose.jwtVerify(after, known, options);
    const published = await jwks();
    await jose.jwtVerify(before, jose.createLocalJWKSet({ keys: published }), options);
    for (const token of [before, after]) await accepted(resource, token);
    return `${published.length} keys are published`;
  });
}
