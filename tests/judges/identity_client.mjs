// A certified client uses our authorization server as people's apps do: discovery, codes, refresh, and what has to fail.
// identity_machines.mjs has the clients that come without a person, and what becomes of tokens.

import { Party, discover, refusedWith, validated } from './identity_flow.mjs';
import { judgeMachines } from './identity_machines.mjs';
import { accepted, callTool, checkTools } from './identity_mcp.mjs';
import { judgeOfficial, judgeRegistration } from './identity_official.mjs';
import { Visitor, equal, expect, failure, installed, withListener, withProgram } from './identity_tools.mjs';

const oauth = await installed('oauth4webapi/build/index.js');

export async function judgeClient(checks, context) {
  await withListener(document, async (documents) => {
    const variables = { OAUTH_DYNAMIC_REGISTRATION: 'true', OAUTH_METADATA_HOSTS: new URL(documents).host };
    const judge = async (resource) => {
      const issuer = new URL(resource).origin;
      let as;
      await checks.check('discovery, in the way of RFC 8414 and of OpenID Connect', async () => {
        as = await discover(issuer);
        const { subject_types_supported, id_token_signing_alg_values_supported, ...openid } = await discover(issuer, 'oidc');
        equal(openid, as, 'what OpenID Connect discovers besides its own fields');
        return `${Object.keys(as).length} fields`;
      });
      await judgeCodes(checks, as, resource);
      await judgeRefresh(checks, as, resource);
      await judgeIntroductions(checks, as, resource, documents);
      await judgeOfficial(checks, resource);
      await judgeRegistration(checks, resource);
    };
    await withProgram(context.path, ['http'], judge, variables);
  });
  await judgeMachines(checks, context);
}

async function judgeCodes(checks, as, resource) {
  const party = () => new Party(as, resource);
  await checks.check('a person approves: a code, then tokens that the server takes', async () => {
    const tokens = await party().tokens();
    equal([tokens.token_type, tokens.expires_in, tokens.scope], ['bearer', 300, 'mcp.access mcp.read mcp.write'], 'the answer');
    const caller = await checkTools(resource, '2026-07-28', tokens.access_token, tokens.scope.split(' '));
    return `${caller.subject}, by ${caller.client_id}`;
  });
  await checks.check('the token, validated by the library (RFC 9068)', async () => {
    const { access_token } = await party().tokens();
    const { sub, client_id, aud } = await validated(as, access_token, resource, { signingAlgorithms: ['ES256'] });
    equal([sub, client_id, aud], ['ada', 'mcp-cli', resource], 'the claims');
    await failure(validated(as, access_token, `${resource}/other`));
    return `${sub}, ${client_id}`;
  });
  await checks.check('the answer of another issuer is not taken (mix-up)', async () => {
    const client = party();
    const answer = await client.ask();
    const changed = new URL(answer);
    changed.searchParams.set('iss', 'https://attacker.example');
    await failure(() => client.validate(changed));
    changed.searchParams.delete('iss');
    await failure(() => client.validate(changed));
    await client.exchange(client.validate(answer));
  });
  await checks.check('a person refuses: access_denied, with state and iss', async () => {
    const client = party();
    const error = await failure(async () => client.validate(await client.ask({}, 'deny')));
    equal([error.constructor.name, error.error], ['AuthorizationResponseError', 'access_denied'], 'the error');
    return error.error_description;
  });
  await checks.check('what the client is told: unknown scope, no or plain PKCE, other resource', async () => {
    const wrong = {
      invalid_scope: { scope: 'root' },
      invalid_request: { code_challenge: undefined, code_challenge_method: undefined },
      'invalid_request ': { code_challenge_method: 'plain' },
      invalid_target: { resource: 'https://other.example/mcp' },
      unsupported_response_type: { response_type: 'token' },
    };
    for (const [code, changes] of Object.entries(wrong)) {
      const client = party();
      const error = await failure(async () => client.validate(await client.ask(changes)));
      equal(error.error, code.trim(), `the error for ${JSON.stringify(changes)}`);
    }
  });
  await checks.check('an unknown client, or a redirect that is not its own: a page, no redirect', async () => {
    for (const changes of [{ client_id: 'nobody' }, { redirect_uri: 'https://attacker.example/callback' }]) {
      const { left, status } = await new Visitor().open(await party().request(changes));
      equal([left, status], [undefined, 400], `the page for ${JSON.stringify(changes)}`);
    }
  });
  const once = async (why, code, changes) =>
    checks.check(`a code: ${why}`, async () => {
      const client = party();
      return refusedWith(code, client.exchange(await client.code(), changes));
    });
  await once('the verifier of somebody else', 'invalid_grant', { verifier: oauth.generateRandomCodeVerifier() });
  await once('another redirect URI', 'invalid_grant', { redirect: 'http://127.0.0.1:49153/callback' });
  await once('for another resource', 'invalid_target', { resource: 'https://other.example/mcp' });
  await checks.check('a code: of another client', async () => {
    const [thief, client] = [Party.confidential(as, resource), party()];
    const code = await client.code();
    thief.verifier = client.verifier;
    // To the library an answer belongs to the client that has checked it.
    const stolen = oauth.validateAuthResponse(as, thief.client, new URLSearchParams(code), client.state);
    return refusedWith('invalid_grant', thief.exchange(stolen));
  });
  await checks.check('a code: twice, and everything that came from it ends', async () => {
    const [client, operator] = [party(), Party.confidential(as, resource)];
    const code = await client.code();
    const { access_token, refresh_token } = await client.exchange(code);
    equal((await operator.introspect(access_token)).active, true, 'the token before');
    const why = await refusedWith('invalid_grant', client.exchange(code));
    equal((await operator.introspect(access_token)).active, false, 'the token afterwards');
    await refusedWith('invalid_grant', client.refresh(refresh_token));
    return why;
  });
}

async function judgeRefresh(checks, as, resource) {
  const party = new Party(as, resource);
  await checks.check('refresh: a new pair each time, which the server takes', async () => {
    let tokens = await party.tokens();
    const seen = new Set([tokens.refresh_token]);
    for (let round = 1; round <= 3; round += 1) {
      tokens = await party.refresh(tokens.refresh_token);
      seen.add(tokens.refresh_token);
      await accepted(resource, tokens.access_token);
    }
    equal(seen.size, 4, 'the number of refresh tokens');
  });
  await checks.check('refresh: an old one comes back, and its whole family ends', async () => {
    const first = await party.tokens();
    const second = await party.refresh(first.refresh_token);
    const why = await refusedWith('invalid_grant', party.refresh(first.refresh_token));
    await refusedWith('invalid_grant', party.refresh(second.refresh_token));
    equal((await Party.confidential(as, resource).introspect(second.access_token)).active, false, 'the newest access token');
    return why;
  });
  await checks.check('refresh: fewer scopes, and never more', async () => {
    const { refresh_token } = await party.tokens({ scope: 'mcp.access mcp.read' });
    const fewer = await party.refresh(refresh_token, { scope: 'mcp.access' });
    equal([fewer.scope, (await validated(as, fewer.access_token, resource)).scope], ['mcp.access', 'mcp.access'], 'the scope');
    equal((await callTool(resource, fewer.access_token, 'whoami')).status, 403, 'whoami');
    return refusedWith('invalid_scope', party.refresh(fewer.refresh_token, { scope: 'mcp.access mcp.write' }));
  });
  await checks.check('refresh: for another resource, or by another client', async () => {
    const { refresh_token } = await party.tokens();
    await refusedWith('invalid_target', party.refresh(refresh_token, { resource: 'https://other.example/mcp' }));
    const why = await refusedWith('invalid_grant', Party.confidential(as, resource).refresh(refresh_token));
    await party.refresh(refresh_token);
    return why;
  });
}

// How a client that nobody has told the server about becomes known.
async function judgeIntroductions(checks, as, resource, documents) {
  const flow = async (client) => {
    const { access_token } = await client.tokens();
    return (await validated(as, access_token, resource)).client_id;
  };
  await checks.check('a client that is known by its metadata document', () =>
    flow(new Party(as, resource, { id: `${documents}/client.json`, redirect: 'http://127.0.0.1:49152/document' })),
  );
  await checks.check('a document that names another client', async () => {
    const url = await new Party(as, resource, { id: `${documents}/liar.json`, redirect: 'http://127.0.0.1:49152/document' }).request();
    const { left, status } = await new Visitor().open(url);
    equal([left, status], [undefined, 400], 'the page');
  });
  await checks.check('a client that registers itself (RFC 7591)', async () => {
    const redirect = 'http://127.0.0.1:49152/registered';
    const metadata = { client_name: 'Registered', redirect_uris: [redirect], token_endpoint_auth_method: 'none', application_type: 'native' };
    const more = { grant_types: ['authorization_code', 'refresh_token'], scope: 'mcp.access mcp.read mcp.write' };
    const response = await oauth.dynamicClientRegistrationRequest(as, { ...metadata, ...more }, { [oauth.allowInsecureRequests]: true });
    const client = await oauth.processDynamicClientRegistrationResponse(response);
    expect(!client.client_secret, 'a secret for a public client');
    return (await flow(new Party(as, resource, { id: client.client_id, redirect }))).slice(0, 12);
  });
}

// The metadata documents of two clients; only the first tells the truth.
function document(request, response) {
  const client_id = `http://${request.headers.host}/client.json`;
  const metadata = { client_id, client_name: 'By document', redirect_uris: ['http://127.0.0.1/document'], grant_types: ['authorization_code'] };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata));
}
