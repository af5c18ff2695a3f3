// MSAL for Node against the stand-in tenant; jose verifies what it gets. Started by msal.mjs.

import { createHash, X509Certificate } from 'node:crypto';
import { createRequire } from 'node:module';
import { APPS, USERS, Visitor } from './msal_person.mjs';

const require = createRequire(new URL('../../.tools/npm/', import.meta.url));
const { ConfidentialClientApplication, CryptoProvider, PublicClientApplication } = require('@azure/msal-node');
const { createRemoteJWKSet, jwtVerify } = require('jose');

const job = JSON.parse(process.env.JUDGE);
const { tenant, server, local, host, daemon } = APPS;
const authority = `${job.authority}/${tenant}`;
const read = `api://${server}/mcp.tools.read`;
const graph = 'https://graph.microsoft.com/.default';
const redirectUri = 'http://localhost:53682/callback';
const issuer = { v2: `${authority}/v2.0`, v1: `${authority}/` };
const keys = () => createRemoteJWKSet(new URL(`${authority}/discovery/v2.0/keys`));
const crypto = new CryptoProvider();

// The authority is one that MSAL does not know, so it is told that the developer does; everything else is as always.
const auth = (clientId, more = {}) => ({ auth: { clientId, authority, knownAuthorities: [new URL(job.authority).host], ...more } });
const confidential = (clientId, proof) => new ConfidentialClientApplication(auth(clientId, proof));
const visitor = (name) => new Visitor(job.authority, name, job.password);

async function verified(token, audience, of = issuer.v2, set = keys()) {
  const { payload } = await jwtVerify(token, set, { issuer: of, audience, algorithms: ['RS256'], typ: 'JWT' });
  return payload;
}

// Code and PKCE, as an MCP host does it.
async function signIn(app, user, scopes, more = {}) {
  const { verifier, challenge } = await crypto.generatePkceCodes();
  const url = await app.getAuthCodeUrl({ scopes, redirectUri, codeChallenge: challenge, codeChallengeMethod: 'S256', state: 's-1', ...more });
  const back = new URL(await visitor(user).left(url));
  equal(back.searchParams.get('state'), 's-1');
  return app.acquireTokenByCode({ scopes, redirectUri, code: back.searchParams.get('code'), codeVerifier: verifier });
}

async function refusal(work) {
  const error = await work.then(() => undefined, (error) => error);
  if (!error) throw new Error('it was not refused');
  return error;
}

const checks = {
  async 'client credentials with a secret, and once more from the cache'() {
    const app = confidential(daemon, { clientSecret: job.secret });
    const scopes = [`api://${server}/.default`];
    const claims = await verified((await app.acquireTokenByClientCredential({ scopes })).accessToken, server);
    equal([claims.roles, claims.azpacr, claims.idtyp, claims.scp], [['Mcp.Tools.Read.All'], '1', 'app', undefined]);
    equal((await app.acquireTokenByClientCredential({ scopes })).fromCache, true);
  },
  async 'client credentials with a certificate'() {
    const thumbprintSha256 = createHash('sha256').update(new X509Certificate(job.certificate).raw).digest('hex');
    const clientCertificate = { thumbprintSha256, privateKey: job.key, x5c: job.certificate };
    const app = confidential(server, { clientCertificate });
    const { accessToken } = await app.acquireTokenByClientCredential({ scopes: [graph] });
    equal((await verified(accessToken, 'https://graph.microsoft.com', issuer.v1)).appidacr, '2');
  },
  async 'client credentials with the token of another issuer'() {
    const app = confidential(server, { clientAssertion: async () => job.assertion });
    const { accessToken } = await app.acquireTokenByClientCredential({ scopes: [graph] });
    equal((await verified(accessToken, 'https://graph.microsoft.com', issuer.v1)).appid, server);
  },
  async 'authorization code with PKCE, silently from the cache, and refreshed'() {
    const app = new PublicClientApplication(auth(host));
    const first = await signIn(app, USERS.ada, [read]);
    equal([first.account.username, first.account.tenantId, first.tokenType], [USERS.ada, tenant, 'Bearer']);
    const claims = await verified(first.accessToken, server);
    equal([claims.scp, claims.azp, claims.preferred_username], ['mcp.tools.read', host, USERS.ada]);
    equal((await verified(first.idToken, host)).oid, claims.oid);
    const silent = await app.acquireTokenSilent({ scopes: [read], account: first.account });
    equal([silent.fromCache, silent.accessToken], [true, first.accessToken]);
    const fresh = await app.acquireTokenSilent({ scopes: [read], account: first.account, forceRefresh: true });
    equal(fresh.fromCache, false);
    await verified(fresh.accessToken, server);
  },
  async 'interactively, with its own loopback listener'() {
    const app = new PublicClientApplication(auth(host));
    // A browser of its own, on which nobody has signed in.
    const openBrowser = async (url) => void visitor(USERS.grace).deliver(url);
    const result = await app.acquireTokenInteractive({ scopes: [read], openBrowser });
    equal((await verified(result.accessToken, server)).roles, ['Mcp.Admin']);
  },
  async 'a device code'() {
    const app = new PublicClientApplication(auth(local));
    let done;
    const deviceCodeCallback = ({ userCode, verificationUri }) => {
      done = visitor(USERS.ada).enterCode(verificationUri, userCode);
    };
    const result = await app.acquireTokenByDeviceCode({ scopes: ['User.Read'], deviceCodeCallback });
    await done;
    equal((await verified(result.accessToken, 'https://graph.microsoft.com', issuer.v1)).upn, USERS.ada);
  },
  async 'a device code that somebody declines'() {
    const app = new PublicClientApplication(auth(local));
    const deviceCodeCallback = ({ userCode, verificationUri }) => visitor(USERS.ada).enterCode(verificationUri, userCode, 'deny');
    const error = await refusal(app.acquireTokenByDeviceCode({ scopes: ['User.Read'], deviceCodeCallback }));
    has(`${error.errorCode} ${error.message}`, 'authorization_declined');
  },
  async 'on behalf of somebody, to Graph'() {
    const { accessToken } = await signIn(new PublicClientApplication(auth(host)), USERS.ada, [read]);
    const app = confidential(server, { clientSecret: job.secret });
    const result = await app.acquireTokenOnBehalfOf({ scopes: [graph], oboAssertion: accessToken });
    const me = await fetch(`${job.authority}/graph/v1.0/me`, { headers: { authorization: `Bearer ${result.accessToken}` } });
    equal([me.status, (await me.json()).displayName], [200, 'Ada Brook']);
    equal((await app.acquireTokenOnBehalfOf({ scopes: [graph], oboAssertion: accessToken })).fromCache, true);
  },
  async 'a claims challenge, and a sign-in that meets it'() {
    const hostApp = new PublicClientApplication(auth(host));
    const app = confidential(server, { clientSecret: job.secret });
    const first = await signIn(hostApp, USERS.mia, [read]);
    const error = await refusal(app.acquireTokenOnBehalfOf({ scopes: [graph], oboAssertion: first.accessToken }));
    equal([error.name, error.errorCode], ['InteractionRequiredAuthError', 'interaction_required']);
    has(error.message, '50076');
    const second = await signIn(hostApp, USERS.mia, [read], { claims: error.claims });
    const result = await app.acquireTokenOnBehalfOf({ scopes: [graph], oboAssertion: second.accessToken });
    equal((await verified(result.accessToken, 'https://graph.microsoft.com', issuer.v1)).amr, ['pwd', 'mfa']);
  },
  async 'refusals with their codes'() {
    const wrong = confidential(daemon, { clientSecret: 'a wrong secret' });
    const secret = await refusal(wrong.acquireTokenByClientCredential({ scopes: [`api://${server}/.default`] }));
    equal(secret.errorCode, 'invalid_client');
    has(secret.message, 'AADSTS7000215');
    const app = confidential(server, { clientSecret: job.secret });
    const { accessToken } = await signIn(new PublicClientApplication(auth(host)), USERS.ada, [read]);
    const consent = await refusal(app.acquireTokenOnBehalfOf({ scopes: ['GroupMember.Read.All'], oboAssertion: accessToken }));
    has(consent.message, 'AADSTS65001');
    equal(consent.name, 'InteractionRequiredAuthError');
    const unknown = new PublicClientApplication({ auth: { ...auth(host).auth, authority: `${job.authority}/nowhere.example` } });
    has((await refusal(unknown.getAuthCodeUrl({ scopes: [read], redirectUri }))).message, 'endpoints_resolution_error');
  },
  async 'keys that change in flight'() {
    const app = confidential(daemon, { clientSecret: job.secret });
    const request = { scopes: [`api://${server}/.default`], skipCache: true };
    const before = (await app.acquireTokenByClientCredential(request)).accessToken;
    const set = keys();
    const first = await verified(before, server, issuer.v2, set);
    const rotated = await fetch(`${job.authority}/stand-in/rotate-keys`, { method: 'POST', headers: { authorization: `Bearer ${job.controls}` } });
    const { kid } = await rotated.json();
    const after = (await app.acquireTokenByClientCredential(request)).accessToken;
    equal(JSON.parse(Buffer.from(after.split('.')[0], 'base64url')).kid, kid);
    // The key set that was read before knows the next key too; one that is read now still knows the old one.
    const second = await verified(after, server, issuer.v2, set);
    await verified(before, server);
    equal(first.uti === second.uti, false);
  },
};

function equal(found, wanted) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error(`${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
}

function has(text, part) {
  if (!text.includes(part)) throw new Error(`'${part}' is not in: ${text}`);
}

for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAILED ${name}: ${error.stack}`);
  }
}
