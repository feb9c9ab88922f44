/** Off this machine: TLS, a token, and origins and cookies that belong to it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { decode } from '@msgpack/msgpack';
import { WebSocket } from 'ws';
import { ServerFrame, SUBPROTOCOL } from '../../src/dashboard/protocol.ts';
import { isOneLine, tapehead, temporaryFolder } from '../support/command.ts';
import { DashboardRig } from '../support/dashboard-rig.ts';
import { repositoryRoot } from '../support/paths.ts';
import { sendRaw } from '../support/raw-http.ts';

const RECORDING = join(repositoryRoot(), 'replay-data', 'spot-session.binance.gz');
const TOKEN = 'a-token-to-view-with';

/** A key and its own certificate. Null where there is no openssl. */
function certificate(folder: string): { readonly keyFile: string; readonly certFile: string } | null {
  const made = { keyFile: join(folder, 'key.pem'), certFile: join(folder, 'cert.pem') };
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  try {
    execFileSync('openssl', [...kind, '-subj', '/CN=localhost', '-keyout', made.keyFile, '-out', made.certFile], {
      stdio: 'ignore',
    });
    return made;
  } catch {
    return null;
  }
}

function signIn(port: number, Origin: string): Promise<{ status: number; cookie: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', Origin };
    const options = { host: '127.0.0.1', port, path: '/session', method: 'POST', headers, rejectUnauthorized: false };
    const asked = request(options, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, cookie: String(response.headers['set-cookie'] ?? '') });
    });
    asked.on('error', reject);
    asked.end(JSON.stringify({ token: TOKEN }));
  });
}

for (const library of ['uWebSockets.js', 'ws'] as const) {
  test(`${library}: on all addresses it speaks https and wss, to those who have a token, from its own origin`, async (t) => {
    const tls = certificate(temporaryFolder(t));
    if (tls === null) return t.skip('no openssl here');
    const rig = await DashboardRig.start({ library, tls, host: '0.0.0.0', tokens: { view: TOKEN } });
    const { port } = rig.server;
    const own = `https://127.0.0.1:${port}`;
    try {
      assert.equal(rig.opened.url, `https://0.0.0.0:${port}/`);
      const signedIn = await signIn(port, own);
      assert.equal(signedIn.status, 200);
      assert.match(signedIn.cookie, /; Secure$/);
      assert.equal((await signIn(port, own.replace('https', 'http'))).status, 403);
      const headers = { Cookie: signedIn.cookie.split(';')[0], Origin: own };
      const socket = new WebSocket(`wss://127.0.0.1:${port}/socket`, SUBPROTOCOL, {
        headers,
        rejectUnauthorized: false,
      });
      const [frame] = await once(socket, 'message');
      assert.deepEqual((decode(frame) as unknown[]).slice(0, 3), [ServerFrame.Hello, 1, 'view']);
      socket.close();
      await once(socket, 'close');
      const plain = await sendRaw(
        port,
        `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
        (text) => text !== '',
        500,
      );
      assert.doesNotMatch(plain.text, /200 OK/);
    } finally {
      await rig.close();
    }
  });
}

test('without TLS, or with files that are none of it, it is one line, and no run', async (t) => {
  const folder = temporaryFolder(t);
  const env = { ...process.env, TAPEHEAD_DASHBOARD_VIEW_TOKEN: TOKEN };
  const start = (...args: string[]) =>
    tapehead(
      ['replay', RECORDING, '--log', join(folder, 'log'), '--dashboard', '--dashboard-host', '0.0.0.0', ...args],
      {
        env,
      },
    );
  isOneLine(await start(), /without TLS it is for this machine only/);
  isOneLine(
    await start('--dashboard-cert', RECORDING, '--dashboard-key', RECORDING),
    /not a PEM key and its certificate$/,
  );
});
