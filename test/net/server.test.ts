/** Both servers behave alike: the same tests run on uWebSockets.js (where its binary loads) and on `ws`. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, connect as connectTcp, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type ClientOptions, WebSocket } from 'ws';
import { TapeheadError } from '../../src/core/errors.ts';
import { listen } from '../../src/net/listen.ts';
import { isLoopback } from '../../src/net/parts.ts';
import type { NetHandlers, NetOptions, NetServer, Peer, ServerLibrary } from '../../src/net/server.ts';

type Data = { readonly path: string };

const OPTIONS: NetOptions = {
  port: 0,
  maxFrameBytes: 1000,
  maxBodyBytes: 2000,
  maxBacklogBytes: 1 << 20,
  idleSeconds: 30,
};

/** A thread with a bare websocket: tells of every chunk that its socket gives it, behind the handshake, how long it was. */
const CHUNK_READER = `
const { parentPort, workerData } = require('node:worker_threads');
const socket = require('node:net').connect(workerData, '127.0.0.1', () => socket.write([
  'GET / HTTP/1.1', 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''].join('\\r\\n')));
socket.once('data', () => {
  parentPort.postMessage('open');
  socket.on('data', (chunk) => parentPort.postMessage(chunk.length));
});
socket.on('error', () => {});
`;

async function loads(): Promise<boolean> {
  try {
    await import('uWebSockets.js');
    return true;
  } catch {
    return false;
  }
}

const LIBRARIES: readonly ServerLibrary[] = (await loads()) ? ['uWebSockets.js', 'ws'] : ['ws'];

/** What happened on the server's side, and the handlers that note it. */
class Scene {
  readonly log: string[] = [];
  readonly peers: Peer<Data>[] = [];
  private readonly waiting: { line: string; done: () => void }[] = [];

  readonly handlers: NetHandlers<Data> = {
    http: (request) => {
      const text = `${request.method} ${request.path} ${request.query} ${request.header('x-test')} ${request.body.length}`;
      const reply = { status: request.path === '/missing' ? 404 : 200, headers: { 'X-Reply': 'yes' }, body: text };
      return request.path === '/late' ? new Promise((resolve) => setImmediate(() => resolve(reply))) : reply;
    },
    upgrade: (request) => {
      if (request.path === '/refused')
        return { refuse: { status: 429, headers: { 'Retry-After': '7' }, body: 'not now' } };
      const accept = { path: `${request.path}?${request.query} ${request.header('x-test')}` };
      return request.path === '/spoken' ? { accept, protocol: 'second' } : { accept };
    },
    open: (peer) => {
      this.peers.push(peer);
      this.note(`open ${peer.id} ${peer.data.path} ${peer.remoteAddress}`);
    },
    message: (peer, frame, isBinary) => {
      const text = frame.toString();
      this.note(`message ${peer.id} ${text} ${isBinary}`);
      if (text === 'echo') peer.send(frame, isBinary);
      if (text.startsWith('subscribe ')) peer.subscribe(text.slice(10));
      if (text.startsWith('unsubscribe ')) peer.unsubscribe(text.slice(12));
      if (text === 'close') {
        peer.close(4000, 'as asked');
        this.note(`behind close: open ${peer.isOpen}, sent ${peer.send('x', false)}, backlog ${peer.backlogBytes()}`);
      }
      if (text === 'terminate') peer.terminate();
    },
    drained: (peer) => this.note(`drained ${peer.id}`),
    closed: (peer, code, reason) => this.note(`closed ${peer.id} ${code} ${reason}`.trimEnd()),
  };

  note(line: string): void {
    this.log.push(line);
    for (const one of this.waiting.splice(0)) {
      if (line.startsWith(one.line)) one.done();
      else this.waiting.push(one);
    }
  }

  /** Resolves once a line that starts so is noted. */
  saw(start: string): Promise<void> {
    if (this.log.some((line) => line.startsWith(start))) return Promise.resolve();
    return new Promise((done) => this.waiting.push({ line: start, done }));
  }
}

async function start(t: TestContext, scene: Scene, options: Partial<NetOptions>): Promise<NetServer> {
  const server = await listen({ ...OPTIONS, ...options }, scene.handlers);
  t.after(() => server.close());
  return server;
}

async function connect(
  t: TestContext,
  server: NetServer,
  path = '/',
  options: ClientOptions = {},
  protocols: string[] = [],
) {
  const client = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, protocols, options);
  t.after(() => client.terminate());
  client.on('error', () => undefined);
  await once(client, 'open');
  return client;
}

function frames(client: WebSocket, count: number): Promise<string[]> {
  const got: string[] = [];
  return new Promise((resolve) => {
    const take = (frame: unknown): void => {
      got.push(String(frame));
      if (got.length < count) return;
      client.off('message', take);
      resolve(got);
    };
    client.on('message', take);
  });
}

async function freePort(): Promise<number> {
  const server = createTcp().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function closed(client: WebSocket): Promise<string> {
  const [code, reason] = await once(client, 'close');
  return `${code} ${reason}`.trimEnd();
}

for (const library of LIBRARIES) {
  test(`${library}: HTTP requests are answered, at once or later, with status, headers and body`, async (t) => {
    const server = await start(t, new Scene(), { library });
    assert.equal(server.library, library);
    const base = `http://127.0.0.1:${server.port}`;
    const get = await fetch(`${base}/a/b?c=1&d=%20`, { headers: { 'X-Test': 'h' } });
    assert.equal(get.status, 200);
    assert.equal(get.headers.get('x-reply'), 'yes');
    assert.match(get.headers.get('content-type') ?? '', /^text\/plain/);
    assert.equal(await get.text(), 'GET /a/b c=1&d=%20 h 0');
    assert.equal((await fetch(`${base}/missing`)).status, 404);
    assert.equal(await (await fetch(`${base}/late`, { method: 'DELETE' })).text(), 'DELETE /late   0');
    const head = await fetch(`${base}/h`, { method: 'HEAD' });
    assert.equal(head.headers.get('content-length'), String('HEAD /h   0'.length));
  });

  test(`${library}: a body is taken up to the limit, a longer one is refused with 413`, async (t) => {
    const server = await start(t, new Scene(), { library });
    const post = (length: number) =>
      fetch(`http://127.0.0.1:${server.port}/p`, { method: 'POST', body: 'x'.repeat(length) });
    assert.equal(await (await post(2000)).text(), 'POST /p   2000');
    assert.equal((await post(2001)).status, 413);
    // Without a stated length, in chunks.
    const request = httpRequest({ port: server.port, method: 'POST', path: '/p' });
    t.after(() => request.destroy());
    const response = once(request, 'response');
    request.on('error', () => undefined);
    for (let i = 0; i < 30; i++) request.write('x'.repeat(100));
    request.end();
    assert.equal((await response)[0].statusCode, 413);
  });

  test(`${library}: an upgrade is accepted with its path, query, headers and protocol, or refused with a reply`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library });
    await connect(t, server, '/p/q?streams=a/b', { headers: { 'X-Test': 'h' } });
    assert.deepEqual(scene.log, ['open 1 /p/q?streams=a/b h 127.0.0.1']);
    const spoken = await connect(t, server, '/spoken', {}, ['first', 'second']);
    assert.equal(spoken.protocol, 'second');
    const refused = new WebSocket(`ws://127.0.0.1:${server.port}/refused`);
    refused.on('error', () => undefined);
    t.after(() => refused.terminate());
    const [, response] = await once(refused, 'unexpected-response');
    assert.equal(response.statusCode, 429);
    assert.equal(response.headers['retry-after'], '7');
    assert.equal(String((await once(response, 'data'))[0]), 'not now');
    assert.equal(scene.peers.length, 2);
  });

  test(`${library}: frames of both kinds go both ways, unchanged and in order`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library });
    const client = await connect(t, server);
    const echoed = frames(client, 1);
    client.send('echo');
    assert.deepEqual(await echoed, ['echo']);
    client.send(Buffer.from('bytes'), { binary: true });
    await scene.saw('message 1 bytes true');
    const many = frames(client, 200);
    for (let i = 0; i < 200; i++) scene.peers[0].send(`${i}`, false);
    assert.deepEqual(
      await many,
      Array.from({ length: 200 }, (_, i) => `${i}`),
    );
  });

  test(`${library}: frames sent together come in one piece, in order with what is sent before and behind them`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library });
    const client = await connect(t, server);
    const got = frames(client, 5);
    scene.peers[0].send('first', false);
    assert.equal(scene.peers[0].sendAll(['a', 'b', Buffer.from('c')], false), true);
    assert.equal(scene.peers[0].sendAll([], false), true);
    scene.peers[0].send('last', false);
    assert.deepEqual(await got, ['first', 'a', 'b', 'c', 'last']);
    client.terminate();
    await scene.saw('closed 1');
    assert.equal(scene.peers[0].sendAll(['x'], false), false);

    // A reader on a thread of its own, which waits for nothing else: separate writes would come as separate chunks.
    const reader = new Worker(CHUNK_READER, { eval: true, workerData: server.port });
    t.after(() => reader.terminate());
    assert.deepEqual(await once(reader, 'message'), ['open']);
    const parts = Array.from({ length: 12 }, (_, i) => Buffer.alloc(40, i));
    const bytes = parts.length * (2 + 40);
    for (let round = 0; round < 40; round++) {
      assert.equal(scene.peers[1].sendAll(parts, true), true);
      assert.deepEqual(await once(reader, 'message'), [bytes], `round ${round}`);
    }
  });

  test(`${library}: frames sent together to a peer that does not read close it at the backlog limit`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library });
    const slow = await connect(t, server);
    slow.pause();
    const parts = [Buffer.alloc(1 << 16), Buffer.alloc(1 << 15), Buffer.alloc(1 << 16)];
    let rounds = 0;
    while (scene.peers[0].sendAll(parts, true) && rounds < 400) rounds++;
    assert.ok(rounds > 5 && rounds < 400, `closed behind ${rounds} rounds`);
    assert.equal(scene.peers[0].isOpen, false);
    await scene.saw('closed 1 1006');
  });

  test(`${library}: what is published reaches its subscribers, in order with what is sent`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library });
    const [a, b] = [await connect(t, server), await connect(t, server)];
    a.send('subscribe x');
    b.send('subscribe y');
    await Promise.all([scene.saw('message 1 subscribe x'), scene.saw('message 2 subscribe y')]);
    const got = [frames(a, 4), frames(b, 2)];
    server.publish('x', 'x1', false);
    scene.peers[0].send('direct', false);
    server.publish('y', Buffer.from('y1'), true);
    server.publish('x', 'x2', false);
    scene.peers[0].unsubscribe('x');
    server.publish('x', 'to nobody', false);
    for (const peer of scene.peers) peer.send('end', false);
    assert.deepEqual(await Promise.all(got), [
      ['x1', 'direct', 'x2', 'end'],
      ['y1', 'end'],
    ]);
  });

  test(`${library}: a frame beyond the limit closes its sender with 1009`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library });
    const client = await connect(t, server);
    client.send('y'.repeat(1000));
    client.send('x'.repeat(1001));
    assert.match(await closed(client), /^1009/);
    await scene.saw('closed 1 1009');
    assert.equal(scene.log.filter((line) => line.startsWith('message')).length, 1);
    const far = await connect(t, server);
    far.send('x'.repeat(1_000_000));
    await closed(far);
    await scene.saw('closed 2 1009');
  });

  test(`${library}: a peer that does not read is closed at the backlog limit, and the others go on`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library });
    const slow = await connect(t, server);
    const fine = await connect(t, server);
    slow.pause();
    const frame = Buffer.alloc(1 << 16);
    let sent = 0;
    while (scene.peers[0].send(frame, true) && sent < 1000) {
      assert.ok(scene.peers[0].backlogBytes() <= OPTIONS.maxBacklogBytes + 2 * frame.length);
      sent++;
    }
    assert.ok(sent > 16 && sent < 1000, `closed behind ${sent} frames`);
    assert.equal(scene.peers[0].isOpen, false);
    await scene.saw('closed 1 1006');
    const echoed = frames(fine, 1);
    fine.send('echo');
    assert.deepEqual(await echoed, ['echo']);
  });

  test(`${library}: a peer that does not read what is published is closed at the backlog limit`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library });
    const slow = await connect(t, server);
    slow.send('subscribe x');
    await scene.saw('message 1 subscribe x');
    slow.pause();
    const frame = Buffer.alloc(1 << 16);
    for (let i = 0; i < 1000 && scene.peers[0].isOpen; i++) {
      server.publish('x', frame, true);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await scene.saw('closed 1 1006');
  });

  test(`${library}: a peer hears when there is room again`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library, maxBacklogBytes: 1 << 26 });
    const client = await connect(t, server);
    client.pause();
    while (scene.peers[0].backlogBytes() === 0) scene.peers[0].send(Buffer.alloc(1 << 18), true);
    client.resume();
    await scene.saw('drained 1');
  });

  test(`${library}: a peer that answers no ping is cut, one that answers stays`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library, idleSeconds: 0.7 });
    const quiet = await connect(t, server);
    const dead = await connect(t, server, '/', { autoPong: false });
    assert.equal(await closed(dead), '1006');
    await scene.saw('closed 2 1006');
    assert.equal(quiet.readyState, WebSocket.OPEN);
    assert.equal(scene.peers[0].isOpen, true);
  });

  test(`${library}: the owner closes with a code or cuts; behind it nothing is sent, and it hears of it afterwards`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library });
    const [a, b] = [await connect(t, server), await connect(t, server)];
    a.send('close');
    assert.equal(await closed(a), '4000 as asked');
    await scene.saw('closed 1 4000');
    const behind = scene.log.indexOf('behind close: open false, sent false, backlog 0');
    assert.ok(behind > 0 && behind < scene.log.findIndex((line) => line.startsWith('closed 1 4000')));
    b.send('terminate');
    assert.equal(await closed(b), '1006');
    await scene.saw('closed 2 1006');
    scene.peers[0].close(1000, '');
    scene.peers[0].terminate();
    scene.peers[0].subscribe('x');
    assert.equal(scene.log.filter((line) => line.startsWith('closed')).length, 2);
  });

  test(`${library}: who is refused and keeps its side open takes up no connection`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library, maxConnections: 2 });
    const refused =
      'GET /refused HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
    for (let i = 0; i < 5; i++) {
      const socket = connectTcp({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
      t.after(() => socket.destroy());
      socket.on('error', () => undefined);
      socket.write(refused);
      const replies: string[] = [];
      socket.on('data', (chunk) => replies.push(String(chunk)));
      await once(socket, 'end');
      assert.match(replies.join(''), /^HTTP\/1\.1 429 /, `connection ${i}`);
    }
    await connect(t, server);
  });

  test(`${library}: connections that are gone, websockets too, make room for as many`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library, maxConnections: 2 });
    for (let i = 1; i <= 6; i++) {
      const client = await connect(t, server);
      client.terminate();
      await scene.saw(`closed ${i} 1006`);
    }
  });

  test(`${library}: closing ends open websockets with 1001, half-open requests too, and frees the port`, async (t) => {
    const scene = new Scene();
    const server = await start(t, scene, { library, port: await freePort() });
    const client = await connect(t, server);
    const half = connectTcp(server.port, '127.0.0.1');
    t.after(() => half.destroy());
    half.on('error', () => undefined);
    await once(half, 'connect');
    half.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nxx');
    const deaf = await connect(t, server);
    deaf.pause();
    const ended = closed(client);
    await server.close();
    assert.equal(await ended, '1001');
    await scene.saw('closed 1 1001');
    await scene.saw('closed 2');
    const again = await start(t, new Scene(), { library, port: server.port });
    assert.equal(again.port, server.port);
  });

  test(`${library}: a server can be started at once where one that cut its connections was, as often as one likes`, async (t) => {
    let port = 0;
    for (let round = 0; round < 3; round++) {
      const server = await start(t, new Scene(), { library, port });
      port = server.port;
      const client = await connect(t, server);
      const ended = closed(client);
      await server.close(); // from this side, which leaves the connection in TIME_WAIT
      await ended;
    }
  });

  test(`${library}: a port in use is an error of one line`, async (t) => {
    const server = await start(t, new Scene(), { library });
    for (const other of LIBRARIES) {
      await assert.rejects(listen({ ...OPTIONS, library: other, port: server.port }, new Scene().handlers), (error) => {
        assert.ok(error instanceof TapeheadError);
        assert.match(
          error.message,
          new RegExp(`^can't listen on 127.0.0.1:${server.port}: the port is in use.*0 for any`),
        );
        return !error.message.includes('\n');
      });
    }
  });

  test(`${library}: speaks TLS with PEM files, and says which of them can't be used`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'tapehead-net-'));
    t.after(() => rmSync(dir, { recursive: true }));
    const [keyFile, certFile] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const missing = listen({ ...OPTIONS, library, tls: { keyFile, certFile } }, new Scene().handlers);
    await assert.rejects(missing, /key\.pem: can't be read/);
    writeFileSync(keyFile, 'no key');
    writeFileSync(certFile, 'no certificate');
    const broken = listen({ ...OPTIONS, library, tls: { keyFile, certFile } }, new Scene().handlers);
    await assert.rejects(broken, /not a PEM key and its certificate/);
    try {
      const made = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ];
      execFileSync('openssl', [...made, '-subj', '/CN=localhost', '-keyout', keyFile, '-out', certFile], {
        stdio: 'ignore',
      });
    } catch {
      t.diagnostic('no openssl here: the handshake is not tried');
      return;
    }
    const scene = new Scene();
    const server = await start(t, scene, { library, tls: { keyFile, certFile } });
    const client = new WebSocket(`wss://127.0.0.1:${server.port}/`, { rejectUnauthorized: false });
    t.after(() => client.terminate());
    await once(client, 'open');
    const echoed = frames(client, 1);
    client.send('echo');
    assert.deepEqual(await echoed, ['echo']);
  });
}

test('the server that runs is named, and why it is not the better one', async (t) => {
  const server = await start(t, new Scene(), {});
  assert.equal(server.library, LIBRARIES[0]);
  assert.equal(server.remark === '', server.library === 'uWebSockets.js');
  const asked = await start(t, new Scene(), { library: 'ws' });
  assert.equal(asked.remark, 'ws was asked for');
});

test('addresses of this machine are told from others', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) assert.ok(isLoopback(address), address);
  for (const address of ['', '10.0.0.1', '::ffff:10.0.0.1', '::', '2001:db8::1'])
    assert.ok(!isLoopback(address), address);
});
