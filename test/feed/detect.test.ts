/** Finding out what a recording is: by content only, with an error that helps where it can't be told. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { TapeheadError } from '../../src/core/errors.ts';
import { Prng } from '../../src/core/prng.ts';
import { sessionBaseNs } from '../../src/core/time.ts';
import { type DetectedRecording, type DetectOptions, detectRecording } from '../../src/feed/detect.ts';
import { openFeed } from '../../src/feed/open.ts';
import { newYorkMidnight } from '../../src/feed/session-day.ts';
import { marketData } from '../support/paths.ts';
import { itch, randomItchFile } from './naive-itch.ts';
import { Recordings, runFeed, zip, zstdFrame } from './support.ts';

const ITCH = randomItchFile(new Prng(1), 50, 3);
const MESSAGE_ROW = '34200.1,1,11,100,1000000,1\n';
const ORDERBOOK_ROW = '1000200,10,1000000,100\n';
const BINANCE =
  '1723161253937085768 {"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"1.0","B":"1","a":"2.0","A":"1"}}\n';
const CAPTURE = `{"t":"header","format":2,"exchange":"KRAKEN","recorded":1618678132.358447}\n${JSON.stringify({
  t: 'http',
  conn: 'x',
  data: 'y'.repeat(100_000),
  ts: 1618707599.9,
})}\n`;

const at = (iso: string) => BigInt(Date.parse(iso)) * 1_000_000n;

async function failure(paths: readonly string[], options?: DetectOptions): Promise<TapeheadError> {
  try {
    await detectRecording(paths, options);
  } catch (error) {
    assert.ok(error instanceof TapeheadError, String(error));
    assert.doesNotMatch(error.message, /\n/);
    return error;
  }
  return assert.fail(`${paths.join(' ')} was accepted`);
}

async function detected(
  t: TestContext,
  content: Uint8Array | string,
  options?: DetectOptions,
): Promise<DetectedRecording> {
  return detectRecording([new Recordings(t).write('recording.dat', content)], options);
}

test('every format is told by its content, in every container, under any name', async (t) => {
  const formats = { itch50: ITCH, lobster: MESSAGE_ROW, binance: BINANCE, capture: CAPTURE };
  for (const [format, content] of Object.entries(formats)) {
    const bytes = Buffer.from(content);
    for (const packed of [
      bytes,
      gzipSync(bytes),
      zstdFrame(bytes),
      zip({ 'a.bin': bytes }),
      zip({ 'x.csv': bytes }, { descriptors: true }),
    ]) {
      const recording = await detected(t, packed);
      assert.equal(recording.format, format);
      assert.ok(recording.totalBytes > 0 && recording.totalBytes <= packed.length);
      assert.doesNotThrow(() => structuredClone(recording));
    }
  }
  for (const time of ['1723161253937085768', '1723161253937085', '1723161253937']) {
    const recording = await detected(t, `${time} {"a":1}\n`);
    assert.deepEqual([recording.format, sessionBaseNs(recording.sessionBase)], ['binance', at('2024-08-08T00:00:00Z')]);
  }
});

test('text recordings count from the UTC midnight of their first receipt', async (t) => {
  assert.equal(sessionBaseNs((await detected(t, BINANCE)).sessionBase), at('2024-08-08T00:00:00Z'));
  assert.equal(sessionBaseNs((await detected(t, CAPTURE)).sessionBase), at('2021-04-18T00:00:00Z'));
  const headerOnly = CAPTURE.slice(0, CAPTURE.indexOf('\n') + 1);
  assert.equal(sessionBaseNs((await detected(t, headerOnly)).sessionBase), at('2021-04-17T00:00:00Z'));
  assert.equal((await detected(t, '{"version":1,"t":"header","recorded":5}\n{"ts":86400.5}\n')).format, 'capture');
  const headless = CAPTURE.slice(CAPTURE.indexOf('\n') + 1);
  for (const text of [headless, '{"conn":"KRAKEN.ws.1","t":"recv","ts":86400.5,"data":"{}"}\n']) {
    assert.equal((await detected(t, text)).format, 'capture', 'a capture whose start is missing');
  }
});

test('ITCH counts from the exchange’s midnight of --date, else of no day', async (t) => {
  assert.equal(sessionBaseNs((await detected(t, ITCH)).sessionBase), 0n);
  assert.equal(
    sessionBaseNs((await detected(t, ITCH, { date: '2020-01-30' })).sessionBase),
    at('2020-01-30T05:00:00Z'),
  );
  assert.equal(
    sessionBaseNs((await detected(t, ITCH, { date: '2020-07-01' })).sessionBase),
    at('2020-07-01T04:00:00Z'),
  );
  const path = new Recordings(t).write('itch', ITCH);
  for (const date of ['2020-02-30', '20200130', 'tomorrow']) {
    assert.deepEqual([(await failure([path], { date })).code], ['USAGE']);
  }
});

test('midnight in New York follows its clocks', () => {
  assert.equal(newYorkMidnight('2020-03-08'), at('2020-03-08T05:00:00Z')); // the clocks change later that day
  assert.equal(newYorkMidnight('2020-03-09'), at('2020-03-09T04:00:00Z'));
  assert.equal(newYorkMidnight('2020-11-01'), at('2020-11-01T04:00:00Z'));
  assert.equal(newYorkMidnight('2020-11-02'), at('2020-11-02T05:00:00Z'));
  assert.equal(newYorkMidnight('1999-12-31'), at('1999-12-31T05:00:00Z'));
});

test('--date is refused where the recording holds its day, or another one', async (t) => {
  const files = new Recordings(t);
  assert.equal((await failure([files.write('a', BINANCE)], { date: '2024-08-09' })).code, 'USAGE');
  const day = files.write('ABC_2012-06-21_34200000_57600000_message_1.csv', MESSAGE_ROW);
  assert.match((await failure([day], { date: '2012-06-22' })).message, /--date 2012-06-22 contradicts/);
  assert.equal((await detectRecording([day], { date: '2012-06-21' })).format, 'lobster');
});

test('a LOBSTER pair is found by name beside one of its files, given in any order, or in a zip', async (t) => {
  const files = new Recordings(t);
  const message = files.write('ABC_2012-06-21_34200000_57600000_message_1.csv', MESSAGE_ROW);
  const alone = await detectRecording([message]);
  assert.deepEqual(alone.lobster, [
    { symbol: 'ABC', date: '2012-06-21', offsetNs: 0, message: { path: message, entry: null }, orderbook: null },
  ]);
  const orderbook = files.write('ABC_2012-06-21_34200000_57600000_orderbook_1.csv', ORDERBOOK_ROW);
  const both = [{ ...alone.lobster[0], orderbook: { path: orderbook, entry: null } }];
  for (const paths of [[message], [orderbook], [message, orderbook], [orderbook, message]]) {
    const recording = await detectRecording(paths);
    assert.deepEqual(recording.lobster, both);
    assert.equal(recording.totalBytes, MESSAGE_ROW.length + ORDERBOOK_ROW.length);
    assert.equal(sessionBaseNs(recording.sessionBase), at('2012-06-21T04:00:00Z'));
  }
  const archive = zip({
    'ABC_2012-06-21_34200000_57600000_orderbook_1.csv': Buffer.from(ORDERBOOK_ROW),
    'ABC_2012-06-21_34200000_57600000_message_1.csv': Buffer.from(MESSAGE_ROW),
    'README.txt': Buffer.from('read me'),
  });
  const [packed] = (await detectRecording([files.write('abc.zip', archive)])).lobster;
  assert.equal(packed.message.entry, 'ABC_2012-06-21_34200000_57600000_message_1.csv');
  assert.equal(packed.orderbook?.entry, 'ABC_2012-06-21_34200000_57600000_orderbook_1.csv');
  const [renamed] = (await detectRecording([files.write('o', ORDERBOOK_ROW), files.write('m', MESSAGE_ROW)])).lobster;
  assert.deepEqual([renamed.symbol, renamed.date, renamed.message.path], ['LOBSTER', null, files.path('m')]);
});

test('what is missing of a LOBSTER pair, or does not belong together, is an error', async (t) => {
  const files = new Recordings(t);
  const orderbook = files.write('ABC_2012-06-21_34200000_57600000_orderbook_1.csv', ORDERBOOK_ROW);
  assert.match((await failure([orderbook])).message, /is a LOBSTER orderbook file: name its message file as well/);
  const one = files.write('ABC_2012-06-22_34200000_57600000_message_1.csv', MESSAGE_ROW);
  const other = files.write('XYZ_2012-06-23_34200000_57600000_message_1.csv', MESSAGE_ROW);
  assert.match((await failure([one, other])).message, /does not continue .*days of one instrument, in order/);
  const earlier = files.write('ABC_2012-06-20_34200000_57600000_message_1.csv', MESSAGE_ROW);
  assert.equal((await failure([one, earlier])).code, 'USAGE');
  assert.equal((await detectRecording([earlier, one])).lobster.length, 2);
  const late = files.write('ABC_2012-12-20_34200000_57600000_message_1.csv', MESSAGE_ROW);
  assert.match((await failure([one, late])).message, /more than 100 days/);
  mkdirSync(files.path('sub'));
  copyFileSync(orderbook, files.path('sub/ABC_2012-06-22_34200000_57600000_orderbook_1.csv'));
  assert.equal((await detectRecording([one])).lobster[0].orderbook, null, 'only the same folder is looked at');
  const archive = zip({
    'A_2012-06-21_1_2_orderbook_1.csv': Buffer.from(ORDERBOOK_ROW),
    'A_2012-06-21_1_2_message_1.csv': Buffer.from(MESSAGE_ROW),
  });
  const cut = files.write('cut.zip', archive.subarray(0, archive.indexOf('PK\x03\x04', 4)));
  assert.deepEqual([(await failure([cut])).code], ['TRUNCATED']);
});

test('a recording of no known format is an error that shows how it begins', async (t) => {
  const files = new Recordings(t);
  const cases: readonly (readonly [string, Uint8Array | string, RegExp])[] = [
    [
      'prices.csv',
      'date,price\n2020-01-01,5\n',
      /is not a recording tapehead knows: its first bytes are "date,price\\n2020-"/,
    ],
    [
      'binary',
      Buffer.from([1, 2, 3, 250]),
      /its first bytes are 01 02 03 fa.*say --format itch50, lobster, binance or capture/,
    ],
    ['a.7z', Buffer.from('7z\xbc\xaf\x27\x1c', 'latin1'), /a 7z archive: unpack it first/],
    ['a.dbn', 'DBN\x01', /a Databento DBN file/],
    ['lines', '\n\n\n', /first bytes/],
    ['stub', Buffer.from([0]), /first bytes are 00/],
    ['json', '{"stream":"x"}\n', /first bytes/],
    ['short', '12345 {"a":1}', /first bytes/],
  ];
  for (const [name, content, message] of cases) {
    const error = await failure([files.write(name, content)]);
    assert.deepEqual([error.code, message.test(error.message)], ['FORMAT', true], error.message);
  }
  assert.equal((await failure([files.write('empty', '')])).code, 'EMPTY');
  assert.equal((await failure([files.write('empty.gz', gzipSync(''))])).code, 'EMPTY');
  assert.equal((await failure([files.path('missing')])).code, 'NO_FILE');
  assert.equal((await failure([files.folder])).code, 'NO_FILE');
  assert.equal((await failure([])).code, 'USAGE');
});

test('a --format that the content contradicts says where it fails', async (t) => {
  const files = new Recordings(t);
  const [text, binary] = [files.write('text', BINANCE), files.write('binary', ITCH)];
  assert.match(
    (await failure([text], { format: 'itch50' })).message,
    /is not itch50: byte 0: type '2' \(length 12599\) is no ITCH 5\.0 message \(it looks like binance\)/,
  );
  assert.match(
    (await failure([binary], { format: 'binance' })).message,
    /is not binance: line 1 does not begin with a receive time.*looks like itch50/,
  );
  assert.match(
    (await failure([binary], { format: 'capture' })).message,
    /line 1 is not a JSON object with "t", the kind of line/,
  );
  assert.match(
    (await failure([text], { format: 'lobster' })).message,
    /line 1 is not time,type,order,size,price,direction/,
  );
  assert.equal((await detectRecording([text], { format: 'binance' })).format, 'binance');
  const second = files.write('second', Buffer.concat([itch('S', { event: 'O' }), Buffer.from([0, 12, 0x41])]));
  assert.match(
    (await failure([second], { format: 'itch50' })).message,
    /is not itch50: byte 14: length 12 for a message of type 'A', which has 36/,
  );
});

test('all files of a run must be of one format', async (t) => {
  const files = new Recordings(t);
  const error = await failure([files.write('a', ITCH), files.write('b', BINANCE)]);
  assert.match(error.message, /a is itch50, .*b is binance: one run takes one format/);
});

test('random bytes and cut recordings are told apart or refused in one line, never worse', async (t) => {
  const seed = 31;
  const prng = new Prng(seed);
  const files = new Recordings(t);
  const contents = [ITCH, Buffer.from(MESSAGE_ROW), Buffer.from(BINANCE), Buffer.from(CAPTURE.slice(0, 400))];
  for (let round = 0; round < 300; round++) {
    const source = contents[prng.below(contents.length)];
    const bytes = Buffer.from(source.subarray(0, 1 + prng.below(Math.min(source.length, 300))));
    for (let flips = prng.below(4); flips > 0; flips--) bytes[prng.below(bytes.length)] = prng.below(256);
    const path = files.write('x', bytes);
    try {
      const recording = await detectRecording([path]);
      await runFeed(openFeed(recording, { symbols: null }));
    } catch (error) {
      assert.ok(error instanceof TapeheadError, `seed ${seed}, round ${round}: ${String(error)}`);
      assert.doesNotMatch(error.message, /\n/);
    }
  }
});

test('a symbol that a whole ITCH recording does not have is an error with the nearest ones', async (t) => {
  const files = new Recordings(t);
  const stocks = ['AAPL', 'AAP', 'MSFT', 'ZZZ'].map((stock, i) => itch('R', { locate: i + 1, stock }));
  const recording = await detectRecording([files.write('itch', Buffer.concat(stocks))]);
  const run = await runFeed(openFeed(recording, { symbols: ['MSFT', 'APPL'] }));
  assert.equal(run.error?.code, 'UNKNOWN_SYMBOL');
  assert.equal(run.error?.message, 'APPL is not in the recording (nearest of 4: AAPL, AAP, MSFT)');
  assert.equal(
    (await runFeed(openFeed(recording, { symbols: ['MSFT', 'APPL'] }), 2)).error,
    null,
    'not where it was stopped',
  );
  assert.equal((await runFeed(openFeed(recording, { symbols: ['MSFT'] }))).error, null);
});

const REAL = {
  'itch50/ALL_dirstart_1000msgs.itch50': ['itch50', '1970-01-01T00:00:00Z'],
  'lobster/LOBSTER_SampleFile_GOOG_2012-06-21_1.zip': ['lobster', '2012-06-21T04:00:00Z'],
  'binance/spot_btcusdt_20240808.gz': ['binance', '2024-08-08T00:00:00Z'],
  'binance/usdm_btcusdt_20240719.gz': ['binance', '2024-07-19T00:00:00Z'],
  'captures/KRAKEN.jsonl.zst': ['capture', '2021-04-17T00:00:00Z'],
  'captures/COINBASE.jsonl.zst': ['capture', '2026-08-09T00:00:00Z'],
} as const;

for (const [path, [format, midnight]] of Object.entries(REAL)) {
  const file = marketData(path);
  test(`${path} is ${format}`, { skip: file === null && `${path} is not here` }, async () => {
    const recording = await detectRecording([file!]);
    assert.equal(recording.format, format);
    assert.equal(sessionBaseNs(recording.sessionBase), at(midnight));
  });
}
