// Tokens that are bound to a key of their client (RFC 9449): a certified client at the authorization server, and the same
// client and the official TypeScript client at the resource server. identity_proofs.mjs has the proofs that are wrong.

import { Party, discover, refusedWith, validated } from './identity_flow.mjs';
import { INSECURE, accepted, callTool, checkTools } from './identity_mcp.mjs';
import { judgeOfficial } from './identity_official.mjs';
import { ALGORITHMS, judgeProofs, newKey, proved, refusedProof } from './identity_proofs.mjs';
import { equal, expect, failure, installed, withProgram } from './identity_tools.mjs';

const oauth = await installed('oauth4webapi/build/index.js');
const jose = await installed('jose/dist/webapi/index.js');
const { DpopSession, withDpop } = await installed('@modelcontextprotocol/client/dist/index.mjs');

const READ = ['mcp.access', 'mcp.read'];

export async function judgeDpop(checks, { path }) {
  await withProgram(path, ['http'], async (resource) => {
    const as = await discover(new URL(resource).origin);
    await judgeBinding(checks, as, resource);
    await judgeProofs(checks, as, resource);
    await judgeCodes(checks, as, resource);
    await judgeRefresh(checks, as, resource);
  });
  const judge = async (resource) => {
    await judgeStrict(checks, resource);
    await judgeOfficial(checks, resource, async () => {
      const session = await DpopSession.create();
      return { dpop: () => session };
    });
  };
  await withProgram(path, ['http'], judge, { OAUTH_DPOP: 'required', OAUTH_DPOP_NONCE: 'true' });
}

async function judgeBinding(checks, as, resource) {
  await checks.check('both servers announce their algorithms', async () => {
    const metadata = await oauth.resourceDiscoveryRequest(new URL(resource), INSECURE);
    const server = await oauth.processResourceDiscoveryResponse(new URL(resource), metadata);
    for (const found of [as, server]) equal(found.dpop_signing_alg_values_supported?.toSorted(), ALGORITHMS.toSorted(), 'the list');
    equal(server.dpop_bound_access_tokens_required ?? false, false, 'whether it is required');
  });
  for (const alg of ALGORITHMS) {
    await checks.check(`a key of ${alg}: bound tokens, that the server takes with a proof`, async () => {
      const key = await newKey(alg);
      const { access_token, token_type } = await new Party(as, resource, { dpop: key.prove() }).tokens();
      equal([token_type, jose.decodeJwt(access_token).cnf], ['dpop', { jkt: key.jkt }], 'type and confirmation');
      return accepted(resource, access_token, 'hello', proved(key.prove()));
    });
  }
  await checks.check('the token and its proof, validated by the library', async () => {
    const key = await newKey();
    const { access_token } = await new Party(as, resource, { dpop: key.prove() }).tokens();
    const headers = new Headers();
    await key.prove().addProof(new URL(resource), headers, 'GET', access_token);
    headers.set('authorization', `DPoP ${access_token}`);
    const request = new Request(resource, { headers });
    const { sub } = await oauth.validateJwtAccessToken(as, request, resource, { ...INSECURE, requireDPoP: true });
    await failure(validated(as, access_token, resource));
    return sub;
  });
  for (const revision of ['2025-11-25', '2026-07-28']) {
    await checks.check(`the official client with its own proofs, in ${revision}`, async () => {
      const { pair, prove } = await newKey();
      const { access_token } = await new Party(as, resource, { dpop: prove() }).tokens({ scope: READ.join(' ') });
      const session = await DpopSession.create({ keyPair: pair });
      const options = { fetch: withDpop(session, () => access_token)(fetch) };
      return (await checkTools(resource, revision, options, READ)).subject;
    });
  }
  await checks.check('client credentials and introspection: the key stands there too', async () => {
    const key = await newKey();
    const client = Party.confidential(as, resource, { dpop: key.prove() });
    const { access_token } = await client.own();
    const { token_type, cnf } = await client.introspect(access_token);
    equal([token_type, cnf], ['DPoP', { jkt: key.jkt }], 'what introspection tells');
    return accepted(resource, access_token, 'hello', proved(key.prove()));
  });
  await checks.check('a bearer token is still one, and no proof makes it more', async () => {
    const { access_token, token_type } = await new Party(as, resource).tokens();
    equal(token_type, 'bearer', 'the type');
    await accepted(resource, access_token);
    return refusedProof(resource, access_token, (await newKey()).prove(), 'invalid_token');
  });
}

async function judgeCodes(checks, as, resource) {
  const [key, other] = [await newKey(), await newKey()];
  const asking = async (dpop) => {
    const party = new Party(as, resource, { dpop });
    return { party, code: await party.code({ dpop_jkt: key.jkt }) };
  };
  await checks.check('dpop_jkt: a code for one key, exchanged with it', async () => {
    const { party, code } = await asking(key.prove());
    equal(jose.decodeJwt((await party.exchange(code)).access_token).cnf, { jkt: key.jkt }, 'the confirmation');
  });
  for (const [name, dpop] of Object.entries({ 'with another': () => other.prove(), 'without a proof': () => undefined })) {
    await checks.check(`dpop_jkt: a code for one key, exchanged ${name}`, async () => {
      const { party, code } = await asking(dpop());
      const error = await failure(party.exchange(code));
      expect(['invalid_grant', 'invalid_dpop_proof'].includes(error.error) && error.status === 400, `${error.error} ${error.status}`);
      return `${error.error}: ${error.error_description}`;
    });
  }
  await checks.check('dpop_jkt: not a thumbprint', async () => {
    const party = new Party(as, resource);
    const error = await failure(async () => party.validate(await party.ask({ dpop_jkt: 'nonsense' })));
    equal(error.error, 'invalid_request', 'the error');
  });
}

async function judgeRefresh(checks, as, resource) {
  await checks.check('refresh of a public client: with its key only (RFC 9449, section 5)', async () => {
    const [key, other] = [await newKey(), await newKey()];
    const owner = new Party(as, resource, { dpop: key.prove() });
    const { refresh_token } = await owner.tokens();
    const said = [];
    for (const dpop of [other.prove(), undefined]) {
      const error = await failure(new Party(as, resource, { dpop }).refresh(refresh_token));
      expect(['invalid_grant', 'invalid_dpop_proof'].includes(error.error) && error.status === 400, `${error.error} ${error.status}`);
      said.push(error.error);
    }
    const fresh = await owner.refresh(refresh_token);
    equal(jose.decodeJwt(fresh.access_token).cnf, { jkt: key.jkt }, 'the confirmation');
    await accepted(resource, fresh.access_token, 'hello', proved(key.prove()));
    return said.join(', ');
  });
  await checks.check('refresh of a confidential client: it may change its key, its secret is enough', async () => {
    const [first, second] = [await newKey(), await newKey()];
    const { refresh_token } = await Party.confidential(as, resource, { dpop: first.prove() }).tokens();
    const { access_token } = await Party.confidential(as, resource, { dpop: second.prove() }).refresh(refresh_token);
    equal(jose.decodeJwt(access_token).cnf, { jkt: second.jkt }, 'the confirmation');
    await refusedProof(resource, access_token, first.prove(), 'invalid_token', 'invalid_dpop_proof');
  });
}

// Proofs are required, with a nonce.
async function judgeStrict(checks, resource) {
  const as = await discover(new URL(resource).origin);
  const key = await newKey();
  const nonceOnce = async (work) => {
    await nonceAsked(work);
    return work();
  };
  await checks.check('required: no token without a proof, no way in with a bearer token', async () => {
    await refusedWith('invalid_dpop_proof', Party.confidential(as, resource).own());
    const metadata = await oauth.resourceDiscoveryRequest(new URL(resource), INSECURE);
    const server = await oauth.processResourceDiscoveryResponse(new URL(resource), metadata);
    equal(server.dpop_bound_access_tokens_required, true, 'dpop_bound_access_tokens_required');
    const { status, scheme } = await callTool(resource, 'anything');
    equal([status, scheme], [401, 'dpop'], 'the challenge');
  });
  await checks.check('nonce: asked for once by each server, then the token and the call succeed', async () => {
    const client = Party.confidential(as, resource, { dpop: key.prove() });
    const { access_token } = await nonceOnce(() => client.own());
    const dpop = key.prove();
    const options = { ...INSECURE, DPoP: dpop };
    const get = () => oauth.protectedResourceRequest(access_token, 'GET', new URL(resource), new Headers(), null, options);
    await nonceAsked(get);
    return accepted(resource, access_token, 'hello', proved(dpop));
  });
  await checks.check('nonce: a made-up one is answered with a good one', async () => {
    const dpop = key.prove((_, payload) => (payload.nonce = 'made-up'));
    await nonceAsked(() => Party.confidential(as, resource, { dpop }).own());
  });
  await checks.check('nonce: each answer brings the next one, so that no second request fails', async () => {
    const client = Party.confidential(as, resource, { dpop: key.prove() });
    await nonceOnce(() => client.own());
    for (let round = 0; round < 3; round += 1) await client.own();
  });
  for (const revision of ['2025-11-25', '2026-07-28']) {
    await checks.check(`nonce: the official client in ${revision}`, async () => {
      const { pair, prove } = await newKey();
      const client = Party.confidential(as, resource, { dpop: prove() });
      const { access_token } = await nonceOnce(() => client.own());
      const session = await DpopSession.create({ keyPair: pair });
      const options = { fetch: withDpop(session, () => access_token)(fetch) };
      return (await checkTools(resource, revision, options, READ)).subject;
    });
  }
}

// That this fails for want of a nonce, and that there is one in the answer.
async function nonceAsked(work) {
  const error = await failure(work);
  expect(oauth.isDPoPNonceError(error), error);
  expect(error.response.headers.get('dpop-nonce'), 'no DPoP-Nonce');
}
