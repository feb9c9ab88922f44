import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { TapeheadError } from '../../src/core/errors.ts';
import { StaleReason } from '../../src/core/event.ts';
import { createCaptureFeed } from '../../src/feed/text/capture.ts';
import { CaptureDecoder } from '../../src/feed/text/capture-decoder.ts';
import { CaptureLine } from '../../src/feed/text/capture-line.ts';
import { CAPTURE_BASE, CaptureScript, runCapture, scriptOf } from '../support/capture-script.ts';
import { decodeFiles, EventProbe, type SeenEvent, utf8 } from '../support/event-probe.ts';

const OPTIONS = { symbols: null, base: CAPTURE_BASE };
const TRADE = { e: 'trade', E: 1, s: 'BTCUSDT', t: 1, p: '1', q: '1', T: 1, m: true };

function diff(first: number, qty: string): object {
  return {
    stream: 'btcusdt@depth',
    data: { e: 'depthUpdate', E: 1, s: 'BTCUSDT', U: first, u: first, b: [['10', qty]], a: [] },
  };
}

const REST = 'https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000';
const snapshot = (id: number) => ({ lastUpdateId: id, bids: [['9', '1']], asks: [] });

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'tapehead-capture-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

async function feed(
  paths: string[],
  maxSortedBytes?: number,
): Promise<{ events: SeenEvent[]; truncated: string | null; messages: number }> {
  const probe = new EventProbe();
  const options = maxSortedBytes === undefined ? OPTIONS : { ...OPTIONS, maxSortedBytes };
  const control = { stopRequested: () => false, progress: () => {} };
  const { truncated } = await createCaptureFeed(paths, options).run(probe.sink, control);
  return { events: probe.take(), truncated, messages: probe.sink.messages };
}

test('Binance: a snapshot belongs to the symbol in its URL, other answers and what was sent are passed over', () => {
  const { events, messages, byType } = runCapture(
    new CaptureScript('BINANCE')
      .http('https://api.binance.com/api/v3/exchangeInfo', { symbols: [] })
      .add({ t: 'send', conn: 'BINANCE.ws.1', data: '{}' })
      .recv(diff(5, '1'))
      .http(REST, snapshot(4))
      .recv(diff(6, '2'))
      .http(REST, snapshot(5)),
  );
  assert.deepEqual(scriptOf(events).slice(2), [
    'Clear 0 0',
    'SnapshotBegin 0 0 snapshot',
    'Level bid 9 1 snapshot',
    'SnapshotEnd 4 0 last snapshot',
    'Level bid 10 1 last',
    'Live 0 0',
    'Level bid 10 2 last',
  ]);
  assert.equal(messages, 3);
  assert.deepEqual(byType, { depthUpdate: 2, 'depth snapshot': 1 });
});

test('Binance: a snapshot whose URL can not be read joins the book that waits for it, by its ids', () => {
  const { events } = runCapture(
    new CaptureScript('BINANCE')
      .recv(diff(5, '1'))
      .http('https://api.binance.com/api/v3/depth?symbol=%ZZ', snapshot(4)),
  );
  assert.equal(scriptOf(events).at(-1), 'Live 0 0');
});

test('a snapshot before any update is a live book, and the first update must join it', () => {
  const begin = () => new CaptureScript('BINANCE').http(REST, snapshot(4));
  assert.deepEqual(scriptOf(runCapture(begin().recv(diff(5, '1'))).events).slice(-2), [
    'Live 0 0',
    'Level bid 10 1 last',
  ]);
  assert.deepEqual(scriptOf(runCapture(begin().recv(diff(7, '1'))).events).slice(-2), [
    'Gap 5 7',
    `Stale ${StaleReason.Gap} 0`,
  ]);
  const renewed = runCapture(begin().http(REST, snapshot(6)).recv(diff(7, '1')));
  assert.equal(scriptOf(renewed.events).at(-1), 'Level bid 10 1 last');
});

test('a connection that is lost makes its books stale, whatever the line is called', () => {
  for (const t of ['disconnect', 'close', 'closed', 'connect']) {
    const { events } = runCapture(
      new CaptureScript('BINANCE')
        .connect('wss://stream.binance.com:9443/stream')
        .http(REST, snapshot(4))
        .recv(diff(5, '1'))
        .add({ t, conn: 'BINANCE.ws.1' })
        .recv(diff(6, '2'))
        .http(REST, snapshot(5)),
    );
    const all = scriptOf(events);
    const lost = all.indexOf('Connection 0 0');
    assert.equal(all[lost + 1], `Stale ${StaleReason.Disconnected} 0`, t);
    assert.deepEqual(all.slice(-2), ['Level bid 10 2 last', 'Live 0 0'], t);
  }
});

test('the venue is known by the header, else by an address, else by the first frame', () => {
  assert.equal(runCapture(new CaptureScript('BINANCE_FUTURES').recv(TRADE)).events.length, 3);
  const address = new CaptureScript('').connect('wss://fstream.binance.com/ws').recv(TRADE);
  assert.equal(runCapture(address).events.length, 4);
  const first: [unknown, string][] = [
    [TRADE, 'trade'],
    [[7, [['0.05', '1.5', '1618678132.5', 'b', 'm', '']], 'trade', 'XBT/EUR'], 'trade'],
    [{ event: 'systemStatus', status: 'online' }, 'systemStatus'],
    [{ arg: { channel: 'trades', instId: 'BTC-USDT' }, data: [] }, 'trades'],
    [{ channel: 'heartbeats', sequence_num: 0, events: [] }, 'heartbeats'],
    [{ type: 'subscriptions' }, 'subscriptions'],
    [{ event: 'info', version: 2 }, 'info'],
  ];
  for (const [frame, type] of first)
    assert.deepEqual(runCapture(new CaptureScript('').recv(frame)).byType, { [type]: 1 });
});

test('a capture whose start is missing is known by its connections or addresses, and its snapshot counts', () => {
  const script = (conn: string) =>
    new CaptureScript('', conn).recv(diff(5, '1'), conn).http(REST, snapshot(5)).recv(diff(6, '2'), conn).lines;
  const whole = scriptOf(runCapture(script('BINANCE.ws.1').join('\n')).events);
  assert.ok(whole.includes('Live 0 0'), whole.join('\n'));
  for (const conn of ['BINANCE.ws.1', 'ws.1']) {
    const headless = runCapture(`${script(conn).slice(1).join('\n')}\n`);
    assert.deepEqual(scriptOf(headless.events), whole, conn);
  }
  // The snapshot first: nothing but its address says the venue.
  const [, update, rest] = script('ws.1');
  assert.ok(scriptOf(runCapture(`${rest}\n${update}\n`).events).includes('Live 0 0'));
});

test('a venue that is not supported is named in one line', () => {
  const bad: [CaptureScript, RegExp][] = [
    [new CaptureScript('DERIBIT').recv({}), /^file1: captures of DERIBIT can't be decoded; supported are/],
    [new CaptureScript('KRAKEN_FUTURES').recv({}), /captures of KRAKEN_FUTURES can't/],
    [new CaptureScript('').connect('wss://www.deribit.com/ws/api/v2').recv({}), /captures of www.deribit.com can't/],
    [new CaptureScript('').connect('wss://futures.kraken.com/ws/v1').recv({}), /futures.kraken.com/],
    [new CaptureScript('').recv({ jsonrpc: '2.0', method: 'subscription' }), /no header or address says which venue/],
  ];
  for (const [script, message] of bad) {
    assert.throws(
      () => runCapture(script),
      (error) => error instanceof TapeheadError && error.code === 'FORMAT' && message.test(error.message),
    );
  }
  const decoder = new CaptureDecoder(OPTIONS);
  const files = ['KRAKEN', 'OKX'].map((exchange) => utf8(new CaptureScript(exchange).text));
  assert.throws(() => decodeFiles(decoder, files), /file2: from OKX, but what came before is from KRAKEN/);
});

test('binary frames are unpacked: plain, gzip, zlib, raw deflate; others are counted and remarked on', () => {
  const plain = Buffer.from(JSON.stringify(TRADE));
  const script = new CaptureScript('BINANCE');
  for (const bytes of [
    plain,
    gzipSync(plain),
    deflateSync(plain),
    deflateRawSync(plain),
    Buffer.from([1, 2, 3, 255]),
  ]) {
    script.add({ t: 'recv', conn: 'c', b64: bytes.toString('base64') });
  }
  const { byType, notes } = runCapture(script);
  assert.deepEqual(byType, { trade: 4, binary: 1 });
  assert.deepEqual(notes, ['1 binary frames could not be unpacked and are left out']);
  assert.throws(
    () => runCapture(new CaptureScript('BINANCE').add({ t: 'recv', conn: 'c', b64: '?' })),
    /b64 is not base64/,
  );
});

test('a frame inside its JSON string comes out as JSON.parse gives it', () => {
  const line = new CaptureLine();
  const escapes = fc.constantFrom(
    '\\"',
    '\\\\',
    '\\/',
    '\\b',
    '\\f',
    '\\n',
    '\\r',
    '\\t',
    '\\u00e9',
    '\\u20ac',
    '\\ud83d\\ude00',
    '\\u0041',
    'é',
    '😀',
    'x',
    '{',
  );
  fc.assert(
    fc.property(fc.array(escapes), (parts) => {
      const data = parts.join('');
      const bytes = utf8(`{"t":"recv","data":"${data}","ts":1}`);
      line.read(bytes, 0, bytes.length);
      assert.ok(line.frame());
      const frame = Buffer.from(line.frameBytes.subarray(line.frameFrom, line.frameTo)).toString('utf8');
      assert.equal(frame, JSON.parse(`"${data}"`));
    }),
  );
  const lone = utf8('{"t":"recv","data":"a\\ud83dz"}');
  line.read(lone, 0, lone.length);
  line.frame();
  assert.equal(Buffer.from(line.frameBytes.subarray(line.frameFrom, line.frameTo)).toString('utf8'), 'a\ufffdz');
});

test('damage is named by line and byte; a cut last line is reported and what came before it is used', () => {
  const start = new CaptureScript('BINANCE').recv(TRADE).text;
  const bad: [string, RegExp][] = [
    ['[]', /^file1:line 3 \(byte 218\): an object { is expected/],
    ['{"t":"recv","data":"{}"}', /a recv line has "ts"/],
    ['{"t":"recv","ts":"soon","data":"{}"}', /a recv line has "ts"/],
    ['{"t":"recv","ts":{},"data":"{}"}', /a number is expected/],
    ['{"t":"recv","ts":1618678132.5}', /neither "data" nor "b64"/],
    ['{"t":"recv","ts":1618678132.5,"data":{}}', /data is a string/],
    ['{"ts":1618678132.5,"data":"{}"}', /a line of a capture has "t"/],
    ['{"t":"recv","ts":1618678132.5,"data":"{\\"e\\":"}', /the text ends inside a JSON value \(byte 5 of the frame\)/],
    ['{"t":"recv","ts":1618678132.5,"data":"{', /the text ends inside a JSON value; the recording is damaged/],
    ['{"t":"recv","ts":1,"data":"{}"}', /a recv line has "ts"/],
  ];
  for (const [line, message] of bad) {
    assert.throws(
      () => runCapture(`${start}${line}\n${start}`),
      (error) => error instanceof TapeheadError && error.code === 'CORRUPT' && message.test(error.message),
      line,
    );
    const cut = runCapture(start + line);
    assert.equal(cut.cut, `line 3 (byte ${start.length})`, line);
    assert.equal(cut.messages, 1);
  }
});

test('lines of unknown kinds are counted in a remark', () => {
  const { notes, messages } = runCapture(
    new CaptureScript('BINANCE').add({ t: 'mark' }).add({ t: 'mark' }).recv(TRADE),
  );
  assert.deepEqual(notes, ['2 lines of the unknown kind mark left out']);
  assert.equal(messages, 1);
});

test('events do not depend on how a capture is cut into pieces', () => {
  const script = new CaptureScript('BINANCE')
    .connect('wss://stream.binance.com')
    .recv(diff(5, '1'))
    .http(REST, snapshot(4))
    .recv(diff(6, '2.5'));
  const bytes = utf8(script.text);
  const { events } = runCapture(script);
  for (const chunk of [1, 2, 3, 7, 64, 100, 333]) {
    assert.deepEqual(decodeFiles(new CaptureDecoder(OPTIONS), [bytes], chunk).events, events);
  }
});

test('a symbol that was asked for and never seen is an error that names the nearest', async (t) => {
  const path = join(folder(t), 'capture.jsonl');
  writeFileSync(path, new CaptureScript('BINANCE').recv(TRADE).recv({ ...TRADE, s: 'ETHUSDT' }).text);
  const run = (symbols: string[]) =>
    createCaptureFeed([path], { ...OPTIONS, symbols }).run(new EventProbe().sink, {
      stopRequested: () => false,
      progress: () => {},
    });
  await assert.rejects(run(['ETHUSD']), /ETHUSD is not in the recording \(nearest of 2: ETHUSDT, BTCUSDT\)/);
  assert.equal((await run(['ETHUSDT'])).truncated, null);
});

test('a capture grouped by connection is replayed in the order of its times, equal times in the file’s order', async (t) => {
  const inOrder = new CaptureScript('BINANCE')
    .connect('wss://stream.binance.com', 'a')
    .connect('wss://stream.binance.com', 'b')
    .recv(diff(5, '1'), 'a')
    .recv(TRADE, 'b')
    .http(REST, snapshot(4))
    .recv(diff(6, '2'), 'a')
    .recv({ ...TRADE, p: '2' }, 'b');
  const again = JSON.stringify({ ...JSON.parse(inOrder.lines[4]), data: JSON.stringify({ ...TRADE, p: '3' }) });
  const lines = [...inOrder.lines.slice(0, 5), again, ...inOrder.lines.slice(5)];
  const path = folder(t);
  writeFileSync(join(path, 'ordered.jsonl'), lines.map((line) => `${line}\n`).join(''));
  const grouped = [
    ...lines.filter((line) => !line.includes('"conn":"b"')),
    ...lines.filter((line) => line.includes('"conn":"b"')),
  ];
  writeFileSync(join(path, 'grouped.jsonl'), grouped.map((line) => `${line}\n`).join(''));
  const expected = await feed([join(path, 'ordered.jsonl')]);
  assert.deepEqual(await feed([join(path, 'grouped.jsonl')]), expected);
  assert.deepEqual(await feed([join(path, 'ordered.jsonl'), join(path, 'ordered.jsonl')]).then((r) => r.messages), 12);

  // Cut in the last line, which is an early one.
  writeFileSync(
    join(path, 'cut.jsonl'),
    grouped
      .map((line) => `${line}\n`)
      .join('')
      .slice(0, -9),
  );
  const cut = await feed([join(path, 'cut.jsonl')]);
  assert.match(cut.truncated ?? '', /cut.jsonl ends inside line 9 \(byte \d+\), replayed up to there/);
  assert.equal(cut.messages, expected.messages - 1);
  await assert.rejects(feed([join(path, 'cut.jsonl'), join(path, 'ordered.jsonl')]), /but more files follow/);

  await assert.rejects(
    feed([join(path, 'grouped.jsonl')], 500),
    /grouped.jsonl: not in the order of its receive times, and \d+ bytes/,
  );
  writeFileSync(
    join(path, 'damaged.jsonl'),
    [...grouped.slice(0, 3), '{"t":"recv"', ...grouped.slice(3)].map((line) => `${line}\n`).join(''),
  );
  await assert.rejects(feed([join(path, 'damaged.jsonl')]), /damaged.jsonl:line 4 \(byte \d+\): the text ends inside/);
  writeFileSync(join(path, 'none.jsonl'), `${lines[0]}\n`);
  await assert.rejects(feed([join(path, 'none.jsonl')]), /not one whole message in it/);
});
