// Microsoft's own client libraries sign in against the stand-in tenant of mcp-entra-id, over TLS: MSAL for Node and MSAL
// for Python, each with the discovery, the caches and the errors that it has for the real one. jose and PyJWT, which know
// nothing of the stand-in, verify its tokens against its published keys. Chromium shows its pages.

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { judgePages } from './entra_pages.mjs';
import { PASSWORD } from './identity_tools.mjs';
import { built, fail, withHttpServer } from './lessons.mjs';

const require = createRequire(new URL('../../.tools/npm/', import.meta.url));
const { exportJWK, generateKeyPair, SignJWT } = require('jose');

const SECONDS = 180;
const ISSUER = 'https://tokens.example';
const SUBJECT = 'repo:meadow/mcp:ref:refs/heads/main';
const SECRET = 'a secret of the judges';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'msal-'));
const file = (name) => join(folder, name);
const openssl = (text) => execFileSync('openssl', text.split(' '), { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });

// A root, and a certificate below it: one that is its own root is no server's.
function certificates() {
  writeFileSync(file('leaf.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n');
  openssl('req -x509 -newkey rsa:2048 -nodes -subj /CN=judges -days 1 -keyout ca.key -out ca.pem');
  openssl('req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout tls.key -out tls.csr');
  openssl('x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -extfile leaf.ext -out tls.pem');
  openssl('req -x509 -newkey rsa:2048 -nodes -subj /CN=mcp-server -days 1 -keyout app.key -out app.pem');
}

// The key of another issuer, and a token of it that stands for the MCP server.
async function federated() {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'judges-1', use: 'sig', alg: 'ES256' };
  writeFileSync(file('jwks.json'), JSON.stringify({ keys: [jwk] }));
  return new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: 'judges-1', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setSubject(SUBJECT)
    .setAudience('api://AzureADTokenExchange')
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(privateKey);
}

// Runs one judge, shows what it says, and counts its lines: `ok` or `FAILED`, and what was looked at.
function judge(name, program, argv, job, environment) {
  return new Promise((resolve) => {
    const env = { ...process.env, ...environment, JUDGE: JSON.stringify(job) };
    const child = execFile(program, argv, { env, timeout: SECONDS * 1000, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      const lines = stdout.split('\n');
      const [good, bad] = ['ok ', 'FAILED '].map((start) => lines.filter((line) => line.startsWith(start)).length);
      console.log(lines.map((line) => `  ${line}`).join('\n').trimEnd());
      const isWell = !error && !bad && good > 0;
      if (!isWell) console.log(`  ${name} ended badly: ${stderr.trim().slice(-2000) || error?.message || 'nothing was looked at'}`);
      console.log(`${name}: ${good} ok, ${bad} failed`);
      resolve(isWell);
    });
    child.stdin.end();
  });
}

async function main() {
  certificates();
  const assertion = await federated();
  const metadata = JSON.parse(execFileSync('cargo', ['metadata', '--no-deps', '--format-version', '1'], { maxBuffer: 1 << 26 }));
  const binary = built(join(metadata.target_directory, 'debug', 'mcp-entra-id'));
  const variables = { ENTRA_STAND_IN_PASSWORD: PASSWORD, ENTRA_STAND_IN_SECRET: SECRET };
  const flags = ['--host', 'localhost', '--tls-cert', file('tls.pem'), '--tls-key', file('tls.key'), '--controls'];
  const proofs = ['--server-certificate', file('app.pem'), '--federated-issuer', ISSUER, '--federated-subject', SUBJECT];
  const command = ['tenant', ...flags, ...proofs, '--federated-jwks', file('jwks.json'), '--device-interval', '1'];
  const pages = await withHttpServer(binary, (authority) => judgePages(authority, metadata.target_directory), ['tenant'], variables);
  return withHttpServer(binary, async (authority, log) => {
    const controls = /^key of the controls: (\S+)$/m.exec(log)?.[1] ?? fail(`no key of the controls: ${log}`);
    const certificate = { key: readFileSync(file('app.key'), 'utf8'), certificate: readFileSync(file('app.pem'), 'utf8') };
    const job = { authority, controls, password: PASSWORD, secret: SECRET, assertion, ...certificate };
    const node = await judge('MSAL for Node', process.execPath, [here('msal_node.mjs')], job, { NODE_EXTRA_CA_CERTS: file('ca.pem') });
    const python = here('../../.tools/python/bin/python');
    const root = { REQUESTS_CA_BUNDLE: file('ca.pem'), SSL_CERT_FILE: file('ca.pem') };
    return (await judge('MSAL for Python', python, [here('msal.py')], job, root)) && node && pages;
  }, command, variables);
}

main()
  .finally(() => rmSync(folder, { recursive: true, force: true }))
  .then((isWell) => process.exit(isWell ? 0 : 1), (error) => {
    console.error(error);
    process.exit(1);
  });
