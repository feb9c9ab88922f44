/** Requests and frames that no honest client sends, byte by byte, to both servers: refused, and nobody else notices. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { encode } from '@msgpack/msgpack';
import { ClientFrame, CloseCode, ServerFrame } from '../../src/dashboard/protocol.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { DashboardRig } from '../support/dashboard-rig.ts';
import { sendRaw, upgradeHead, websocketFrame } from '../support/raw-http.ts';

const UNLIMITED = { perSecond: 1e9, burst: 1e9 };
const OPEN = { frames: UNLIMITED, connects: UNLIMITED };
const FIN_BINARY = 0x82;
const BINARY = 0x02;
const FIN_CONTINUATION = 0x80;
const RSV1 = 0x40;

/** The code of a close frame that stands at the end of what came. */
function closeCodeIn(text: string): number {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = bytes.length - 4; at >= 0; at--) {
    if (bytes[at] === 0x88 && at + 2 + bytes[at + 1] === bytes.length) return bytes.readUInt16BE(at + 2);
  }
  return 0;
}

for (const library of ['uWebSockets.js', 'ws'] as const) {
  test(`${library}: methods, paths, headers and bodies that make no sense have an answer or lose their connection`, async () => {
    const rig = await DashboardRig.start({ library, limits: OPEN });
    const { port } = rig.server;
    const head = (line: string, more = ''): string => `${line} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${more}\r\n`;
    const statusOf = async (bytes: string): Promise<number> =>
      (await sendRaw(port, bytes, (text) => /^HTTP\/1\.1 (?!100)\d{3}/.test(text))).status;
    try {
      for (const method of ['OPTIONS', 'TRACE', 'PUT', 'DELETE', 'PATCH']) {
        assert.equal(await statusOf(head(`${method} /`)), 405, method);
      }
      const asked = await sendRaw(port, head('HEAD /healthz'), (text) => text.includes('\r\n\r\n'), 500);
      assert.equal(asked.status, 200);
      assert.ok(asked.text.endsWith('\r\n\r\n'), 'HEAD has no body');
      for (const path of [
        '/../package.json',
        '/..%2f..%2fetc/passwd',
        '/%2e%2e/%2e%2e/etc/passwd',
        '//etc/passwd',
        '/.',
      ]) {
        assert.ok([400, 404].includes(await statusOf(head(`GET ${path}`))), path);
      }
      assert.notEqual(await statusOf(head('GET /healthz', `X: ${'x'.repeat(2 << 20)}\r\n`)), 200);
      const body = 'x'.repeat(5 << 10);
      assert.equal(await statusOf(`${head('POST /session', `Content-Length: ${body.length}\r\n`)}${body}`), 413);
      assert.equal(await statusOf('GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n'), 421);
      assert.ok([400, 505].includes(await statusOf('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not http\r\n\r\n')));
      const two = await sendRaw(
        port,
        head('GET /healthz') + head('GET /healthz'),
        (text) => text.split('ok\n').length > 2,
      );
      assert.equal(two.text.match(/HTTP\/1\.1 200/g)?.length, 2, 'pipelined');
      const behind = 'token=abc';
      const smuggled =
        head('POST /session', `Content-Length: ${behind.length}\r\nTransfer-Encoding: chunked\r\n`) + behind;
      assert.ok([400, 0].includes(await statusOf(smuggled)), 'two lengths');
      assert.equal(await statusOf(head('GET /healthz')), 200);
      assert.equal(rig.server.bugs, 0);
    } finally {
      await rig.close();
    }
  });

  test(`${library}: frames in pieces are put together, compressed ones are refused, a length that is a lie costs nothing`, async () => {
    const rig = await DashboardRig.start({ library, limits: OPEN });
    const { port } = rig.server;
    const head = upgradeHead(port, rig.tokens.view ?? '', {
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
    });
    const ping = Buffer.from(encode([ClientFrame.Ping, 77]));
    const pong = Buffer.from(encode([ServerFrame.Pong, 77])).toString('latin1');
    const send = (...frames: Buffer[]) =>
      sendRaw(port, head, (text) => text.includes(pong), 1_000, Buffer.concat(frames));
    try {
      const pieces = await send(
        websocketFrame(BINARY, ping.subarray(0, 1)),
        websocketFrame(0, Buffer.alloc(0)),
        websocketFrame(FIN_CONTINUATION, ping.subarray(1)),
      );
      assert.equal(pieces.status, 101);
      assert.doesNotMatch(pieces.text, /permessage-deflate/i);
      assert.ok(pieces.text.includes(pong));
      const bomb = await send(websocketFrame(FIN_BINARY | RSV1, deflateRawSync(Buffer.alloc(1 << 20))));
      assert.ok(bomb.isClosed, 'a compressed frame');
      const many = Array.from({ length: 40 }, () => websocketFrame(0, Buffer.alloc(1 << 10)));
      const long = await send(websocketFrame(BINARY, Buffer.alloc(1 << 10)), ...many);
      assert.ok(long.isClosed, '41 KiB in pieces');
      for (const lie of [
        Buffer.from([FIN_BINARY, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]),
        Buffer.from([FIN_BINARY, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]),
      ]) {
        assert.ok((await send(lie)).isClosed, lie.toString('hex'));
      }
      const unmasked = await send(Buffer.concat([Buffer.from([FIN_BINARY, ping.length]), ping]));
      assert.ok(!unmasked.text.includes(pong), 'a frame that is not masked');
      const wrongText = await send(websocketFrame(0x81, Buffer.from([0xff, 0xfe])));
      assert.ok([1007, CloseCode.BadFrame, 0].includes(closeCodeIn(wrongText.text)) && wrongText.isClosed);
      const still = await TestClient.open(rig.opened);
      await still.end();
      assert.equal(rig.server.bugs, 0);
    } finally {
      await rig.close();
    }
  });

  test(`${library}: connections beyond the limit are cut, those that are there stay`, async () => {
    const rig = await DashboardRig.start({ library, limits: { ...OPEN, clients: 1 } });
    const { port } = rig.server;
    const client = await TestClient.open(rig.opened);
    const idle: Socket[] = [];
    try {
      let cut = 0;
      for (let i = 0; i < 600; i++) {
        const socket = connect(port, '127.0.0.1');
        idle.push(socket);
        socket.on('error', () => undefined); // it is cut with a reset
        socket.on('close', () => cut++);
        socket.resume();
      }
      // One client and 500 more are let in.
      await client.until(() => cut >= 99, 8_000);
      assert.ok(cut <= 101, `${cut} were cut`);
      client.send([ClientFrame.Ping, 1]);
      await client.frame(ServerFrame.Pong);
    } finally {
      for (const socket of idle) socket.destroy();
      await client.end();
      await rig.close();
    }
  });
}
