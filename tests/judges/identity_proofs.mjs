// Proofs of keys (RFC 9449) as a certified client makes them, each spoiled in one way only, at both servers.

import { Party, refusedWith } from './identity_flow.mjs';
import { INSECURE, accepted, callTool } from './identity_mcp.mjs';
import { equal, expect, installed } from './identity_tools.mjs';

const oauth = await installed('oauth4webapi/build/index.js');
const jose = await installed('jose/dist/webapi/index.js');
const { generateDpopKeyPair } = await installed('@modelcontextprotocol/client/dist/index.mjs');

export const ALGORITHMS = ['ES256', 'RS256', 'PS256'];
const seconds = () => Math.floor(Date.now() / 1000);

const strangersKey = await jose.exportJWK((await jose.generateKeyPair('ES256')).publicKey);

// What is wrong with a proof, wherever it is sent.
const WRONG = {
  'for another URL': (_, payload) => (payload.htu = 'https://other.example/'),
  'for another method': (_, payload) => (payload.htm = 'GET'),
  'an hour old': (_, payload) => (payload.iat = seconds() - 3600),
  'from the future': (_, payload) => (payload.iat = seconds() + 3600),
  'without a time': (_, payload) => delete payload.iat,
  'without an id': (_, payload) => delete payload.jti,
  'of another type': (header) => (header.typ = 'jwt'),
  'with alg none': (header) => (header.alg = 'none'),
  'with alg HS256': (header) => (header.alg = 'HS256'),
  'without its key': (header) => delete header.jwk,
  'with a private key': (header) => (header.jwk = { ...header.jwk, d: 'AAAA' }),
  'with the key of somebody else': (header) => (header.jwk = strangersKey),
};

// A key, and what proves it; `change` spoils the proofs.
export async function newKey(alg = 'ES256') {
  const pair = await generateDpopKeyPair({ alg });
  const keys = { privateKey: pair.privateKey, publicKey: pair.publicKey };
  return { pair, jkt: pair.thumbprint, prove: (change = () => {}) => oauth.DPoP({}, keys, { [oauth.modifyAssertion]: change }) };
}

// Sends a token in the scheme DPoP with a proof.
export const proved = (dpop) => ({
  send: (url, headers, body, token) => oauth.protectedResourceRequest(token, 'POST', url, headers, body, { ...INSECURE, DPoP: dpop }),
});

// That the resource server refuses a proof or its token, in the scheme that was used.
export async function refusedProof(url, token, dpop, ...codes) {
  const { status, scheme, challenge } = await callTool(url, token, 'hello', proved(dpop));
  equal([status, scheme], [401, 'dpop'], 'the refusal');
  expect(codes.includes(challenge.error), challenge);
  equal(challenge.algs?.split(' ').sort(), ALGORITHMS.toSorted(), 'the algorithms that are offered');
  return `${challenge.error}: ${challenge.error_description}`;
}

export async function judgeProofs(checks, as, resource) {
  const key = await newKey();
  const client = (dpop) => Party.confidential(as, resource, { dpop });
  const { access_token: token } = await client(key.prove()).own();
  await checks.check('a bound token as a bearer token', async () => {
    const { status, challenge } = await callTool(resource, token);
    equal([status, challenge.error], [401, 'invalid_token'], 'the refusal');
    return challenge.error_description;
  });
  await checks.check('a bound token with the proof of another key', async () =>
    refusedProof(resource, token, (await newKey()).prove(), 'invalid_token', 'invalid_dpop_proof'),
  );
  await checks.check('a bound token without a proof, and with two', async () => {
    const seen = [];
    for (const proofs of [[], [key.prove(), key.prove()]]) {
      const send = async (url, headers, body) => {
        const all = [];
        for (const proof of proofs) {
          const one = new Headers();
          await proof.addProof(url, one, 'POST', token);
          all.push(one.get('dpop'));
        }
        headers.set('authorization', `DPoP ${token}`);
        if (all.length) headers.set('dpop', all.join(', '));
        return fetch(url, { method: 'POST', headers, body });
      };
      const { status, headers } = await callTool(resource, token, 'hello', { send });
      expect([400, 401].includes(status), `${status}`);
      seen.push(status);
    }
    return seen.join(', ');
  });
  await checks.check('the same proof twice, at both servers', async () => {
    const fixed = oauth.generateRandomState();
    const replayed = () => key.prove((_, payload) => (payload.jti = fixed));
    await accepted(resource, token, 'hello', proved(replayed()));
    await refusedProof(resource, token, replayed(), 'invalid_dpop_proof');
    const again = () => key.prove((_, payload) => (payload.jti = `${fixed}2`));
    await client(again()).own();
    return refusedWith('invalid_dpop_proof', client(again()).own());
  });
  await checks.check('a proof for another token (ath), and for none', async () => {
    const { access_token: other } = await client(key.prove()).own();
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(other))).toString('base64url');
    await refusedProof(resource, token, key.prove((_, payload) => (payload.ath = hash)), 'invalid_dpop_proof', 'invalid_token');
    return refusedProof(resource, token, key.prove((_, payload) => delete payload.ath), 'invalid_dpop_proof', 'invalid_token');
  });
  await checks.check('URLs that are the same: query left out, scheme and host in capitals', async () => {
    const capitals = resource.replace('http://', 'HTTP://');
    await accepted(resource, token, 'hello', proved(key.prove((_, payload) => (payload.htu = capitals))));
    await accepted(`${resource}?more=1`, token, 'hello', proved(key.prove()));
  });
  for (const [name, change] of Object.entries(WRONG)) {
    await checks.check(`a proof ${name}, at both servers`, async () => {
      await refusedWith('invalid_dpop_proof', client(key.prove(change)).own());
      return refusedProof(resource, token, key.prove(change), 'invalid_dpop_proof');
    });
  }
  await checks.check('a proof with an algorithm that is not offered (EdDSA), at both servers', async () => {
    const other = await newKey('EdDSA');
    await refusedWith('invalid_dpop_proof', client(other.prove()).own());
    return refusedProof(resource, token, other.prove(), 'invalid_dpop_proof');
  });
}
