/** Who gets in, and who does not: every combination is refused before a websocket exists. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dashboardSetup } from '../../src/cli/watched-run.ts';
import { servingOptions } from '../../src/dashboard/options.ts';
import { ROLES, SUBPROTOCOL } from '../../src/dashboard/protocol.ts';
import { makeTokens, TokenCheck, tokensOfEnvironment, tokensOfFile } from '../../src/dashboard/tokens.ts';
import { type ClientOptions, TestClient } from '../support/dashboard-client.ts';
import { DashboardRig } from '../support/dashboard-rig.ts';

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function ask(
  rig: DashboardRig,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: rig.server.port,
        path,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      },
    );
    asked.on('error', reject);
    asked.end(options.body);
  });
}

async function refused(rig: DashboardRig, options: ClientOptions): Promise<string> {
  try {
    const client = await TestClient.open(rig.opened, options);
    await client.end();
    return 'let in';
  } catch (error) {
    return (error as Error).message;
  }
}

for (const library of ['uWebSockets.js', 'ws'] as const) {
  test(`${library}: tokens, origins, hosts, queries and subprotocols that are wrong are refused before the upgrade`, async () => {
    const rig = await DashboardRig.start({ library });
    const own = `http://127.0.0.1:${rig.server.port}`;
    try {
      const matrix: [ClientOptions, string][] = [
        [{ token: '', headers: {} }, 'refused: 401'],
        [{ token: 'wrong-token-wrong-token' }, 'refused: 401'],
        [{ headers: { Origin: 'http://evil.example' } }, 'refused: 403'],
        [{ headers: { Origin: 'null' } }, 'refused: 403'],
        [{ headers: { Origin: own.replace('http', 'https') } }, 'refused: 403'],
        [{ headers: { Host: 'evil.example' } }, 'refused: 421'],
        [{ path: `socket?token=${rig.tokens.admin}`, token: 'x'.repeat(20) }, 'refused: 400'],
        [{ path: 'socket?a=b' }, 'refused: 400'],
        [{ headers: { Cookie: 'tapehead-session=abc' }, token: '' }, 'refused: 401'],
        [{ headers: { Origin: own } }, 'let in'],
      ];
      for (const [options, expected] of matrix) {
        assert.equal(
          await refused(rig, options.token === '' ? { ...options, token: ' ' } : options),
          expected,
          JSON.stringify(options),
        );
      }
      assert.equal((await ask(rig, '/x', { headers: upgradeHeaders('') })).status, 400);
      assert.equal((await ask(rig, '/x', { headers: upgradeHeaders('tapehead.v0') })).status, 400);
      for (const role of ROLES) {
        const client = await TestClient.open(rig.opened, { role });
        assert.equal(client.role, role);
        assert.equal(client.socket.protocol, SUBPROTOCOL);
        await client.end();
      }
    } finally {
      await rig.close();
    }
  });
}

function upgradeHeaders(protocol: string): Record<string, string> {
  return {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...(protocol === '' ? {} : { 'Sec-WebSocket-Protocol': protocol }),
  };
}

test('a browser signs in once and gets a cookie that scripts can not read; a socket with it must state its origin', async () => {
  const rig = await DashboardRig.start();
  const own = `http://127.0.0.1:${rig.server.port}`;
  const form = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: own };
  try {
    assert.equal((await ask(rig, '/session')).status, 401);
    const signedIn = await ask(rig, '/session', { method: 'POST', headers: form, body: `token=${rig.tokens.trade}` });
    assert.equal(signedIn.status, 303);
    const cookie = String(signedIn.headers['set-cookie']);
    assert.match(cookie, /HttpOnly; SameSite=Strict/);
    const [Cookie] = cookie.split(';');
    assert.deepEqual(JSON.parse((await ask(rig, '/session', { headers: { Cookie } })).body), { role: 'trade' });
    assert.equal(await refused(rig, { token: ' ', headers: { Cookie } }), 'refused: 401');
    assert.equal(
      await refused(rig, { token: ' ', headers: { Cookie, Origin: 'http://evil.example' } }),
      'refused: 403',
    );
    assert.equal(await refused(rig, { token: ' ', headers: { Cookie, Origin: own } }), 'let in');
    const foreign = { ...form, Origin: 'http://evil.example' };
    assert.equal(
      (await ask(rig, '/session', { method: 'POST', headers: foreign, body: `token=${rig.tokens.trade}` })).status,
      403,
    );
    const body = JSON.stringify({ token: rig.tokens.view });
    const asJson = await ask(rig, '/session', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    assert.deepEqual(JSON.parse(asJson.body), { role: 'view' });
    assert.equal((await ask(rig, '/session', { method: 'DELETE', headers: { Cookie, Origin: own } })).status, 204);
    assert.equal((await ask(rig, '/session', { headers: { Cookie } })).status, 401);
  } finally {
    await rig.close();
  }
});

test('who tries tokens has to wait, longer each time, and even the right one is not looked at meanwhile', async () => {
  const clock = { shiftMs: 0 };
  const rig = await DashboardRig.start({}, clock);
  try {
    for (let i = 0; i < 6; i++) assert.equal(await refused(rig, { token: `wrong-token-${i}-wrong` }), 'refused: 401');
    assert.equal(await refused(rig, {}), 'refused: 429');
    clock.shiftMs += 1_100;
    assert.equal(await refused(rig, { token: 'wrong-token-again-wrong' }), 'refused: 401');
    clock.shiftMs += 1_100;
    assert.equal(await refused(rig, {}), 'refused: 429'); // two seconds by now
    clock.shiftMs += 1_000;
    assert.equal(await refused(rig, {}), 'let in');
  } finally {
    await rig.close();
  }
});

test('metrics need a token as soon as somebody chose tokens; health does not', async () => {
  const made = await DashboardRig.start();
  const [open] = [made];
  try {
    assert.equal((await ask(open, '/metrics')).status, 401);
    const Authorization = `Bearer ${made.tokens.view}`;
    const scraped = await ask(made, '/metrics', { headers: { Authorization } });
    assert.equal(scraped.status, 200);
    assert.match(scraped.body, /^tapehead_events_total 12$/m);
    assert.equal((await ask(made, `/metrics?token=${made.tokens.view}`)).status, 400);
    assert.equal((await ask(made, '/healthz')).status, 200);
    assert.equal((await ask(made, '/readyz')).status, 503);
    assert.equal((await ask(made, '/metrics', { headers: { Host: 'evil.example' } })).status, 421);
    assert.equal((await ask(made, '/../../etc/passwd')).status, 404);
    assert.equal((await ask(made, '/', { method: 'PUT', body: 'x' })).status, 405);
    assert.match(String((await ask(made, '/')).headers['content-security-policy']), /default-src 'none'/);
  } finally {
    await made.close();
  }
});

test('off loopback nothing is served without TLS and without tokens', () => {
  const tokens = makeTokens();
  assert.throws(() => servingOptions({ port: 0, host: '0.0.0.0', tokens }), /without TLS it is for this machine only/);
  assert.throws(() => servingOptions({ port: 0, host: '::', tokens: null }), /without TLS/);
  const tls = { certFile: 'c', keyFile: 'k' };
  assert.throws(() => servingOptions({ port: 0, host: '0.0.0.0', tls, tokens: null }), /without tokens/);
  assert.equal(servingOptions({ port: 0, host: '0.0.0.0', tls, tokens }).host, '0.0.0.0');
  assert.throws(() => servingOptions({ port: 0, tokens: null, origins: ['desk.example'] }), /is no origin/);
});

test('tokens come from the environment, or from a file that only its owner may read', () => {
  const root = mkdtempSync(join(tmpdir(), 'tapehead-tokens-'));
  const file = join(root, 'tokens.json');
  try {
    assert.equal(tokensOfEnvironment({}), null);
    const token = 'a'.repeat(16);
    assert.deepEqual(tokensOfEnvironment({ TAPEHEAD_DASHBOARD_TRADE_TOKEN: token }), { trade: token });
    assert.throws(() => tokensOfEnvironment({ TAPEHEAD_DASHBOARD_VIEW_TOKEN: 'short' }), /at least 16/);
    const both = { TAPEHEAD_DASHBOARD_VIEW_TOKEN: token, TAPEHEAD_DASHBOARD_ADMIN_TOKEN: token };
    assert.throws(() => tokensOfEnvironment(both), /same token/);
    writeFileSync(file, JSON.stringify({ admin: token }), { mode: 0o644 });
    chmodSync(file, 0o644);
    assert.throws(() => tokensOfFile(file), /chmod 600/);
    chmodSync(file, 0o600);
    assert.deepEqual(tokensOfFile(file), { admin: token });
    writeFileSync(file, JSON.stringify({ root: token }));
    assert.throws(() => tokensOfFile(file), /root is no role/);
    writeFileSync(file, 'tokens');
    assert.throws(() => tokensOfFile(file), /expected a JSON object/);
    assert.throws(() => tokensOfFile(join(root, 'none')), /can't be read/);
    const check = new TokenCheck({ view: token, admin: 'b'.repeat(16) });
    assert.equal(check.roleOf('b'.repeat(16)), 'admin');
    assert.equal(check.roleOf('b'.repeat(17)), null);
    assert.equal(check.roleOf(''), null);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test('an option that is about a dashboard is an error without one, not silence', () => {
  const around = { environment: {}, version: '1' };
  for (const [flags, name] of [
    [{ hold: true }, '--hold'],
    [{ dashboardHost: '127.0.0.2' }, '--dashboard-host'],
    [{ dashboardOrigin: ['https://desk.example'] }, '--dashboard-origin'],
  ] as const) {
    assert.throws(() => dashboardSetup(flags, around), { message: `${name} is about a dashboard: add --dashboard` });
  }
  assert.equal(dashboardSetup({}, around), null);
});
