/**
 * The engine's own books against what real recordings say they must be. The recordings are private test material in
 * `../shared/market-data`; where they are absent each test is skipped, by name.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { BookView } from '../../src/book/view.ts';
import { Side } from '../../src/core/event.ts';
import { runBooks } from '../../src/engine/book-run.ts';
import { detectRecording } from '../../src/feed/detect.ts';
import { openSource, zipEntries } from '../../src/feed/input/open.ts';
import { tapehead, temporaryFolder } from '../support/command.ts';
import { marketData } from '../support/paths.ts';

/** Absolute paths, or null after having skipped the test. */
function recordings(t: TestContext, ...relative: string[]): string[] | null {
  const paths = relative.map(marketData);
  if (paths.every((path): path is string => path !== null)) return paths;
  t.skip(`${relative.join(', ')}: ../shared/market-data is absent`);
  return null;
}

async function zipText(path: string, part: string): Promise<string> {
  const listing = await zipEntries(path);
  const entry = listing?.entries.find((one) => one.entry.includes(part));
  assert.ok(entry !== undefined, `${path} holds a ${part} file`);
  const source = await openSource({ path, entry: entry.entry });
  const parts: Buffer[] = [];
  const piece = new Uint8Array(1 << 20);
  for (;;) {
    const length = await source.read(piece, 0, piece.length);
    if (length === 0) break;
    parts.push(Buffer.from(piece.slice(0, length)));
  }
  await source.close();
  return Buffer.concat(parts).toString('latin1');
}

/** The columns of a LOBSTER orderbook row. */
function lobsterRow(view: BookView, levels: number): string {
  const cells: string[] = [];
  for (let depth = 0; depth < levels; depth++) {
    for (const side of [Side.Ask, Side.Bid]) {
      if (depth < view.depth(side)) cells.push(`${view.priceTicksAt(side, depth)},${view.qtyLotsAt(side, depth)}`);
      else cells.push(side === Side.Ask ? '9999999999,0' : '-9999999999,0');
    }
  }
  return cells.join(',');
}

for (const levels of [10, 1]) {
  const name = `lobster/LOBSTER_SampleFile_GOOG_2012-06-21_${levels}.zip`;
  test(`LOBSTER: every row of GOOG's ${levels}-level orderbook file is reproduced`, async (t) => {
    const paths = recordings(t, name);
    if (paths === null) return;
    const types = (await zipText(paths[0], '_message_'))
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(',')[1]);
    const rows = (await zipText(paths[0], '_orderbook_')).trim().split(/\r?\n/);
    assert.equal(types.length, rows.length);
    let next = 0;
    const skipUnchanging = (): void => {
      // Hidden executions and halts change no book: their row repeats the one before.
      while (next < types.length && ['5', '6', '7'].includes(types[next])) {
        assert.equal(rows[next], rows[next - 1], `row ${next + 1} of type ${types[next]}`);
        next++;
      }
    };
    const run = await runBooks(await detectRecording(paths), {
      symbols: null,
      maxMessages: Number.POSITIVE_INFINITY,
      onBookChange: (market) => {
        const row = lobsterRow(new BookView(market.books, 0), levels);
        if (rows[next] !== row) assert.fail(`row ${next + 1}: ${row} for ${rows[next]}`);
        next++;
        skipUnchanging();
      },
    });
    assert.equal(next, rows.length);
    assert.equal(run.feed.stats.checksumsVerified, rows.length);
    t.diagnostic(`${rows.length} rows; ${run.feed.stats.notes.join('; ')}`);
  });
}

test('ITCH: AAPL after 1,001 and after 10,000 messages, every level and order count', async (t) => {
  const paths = recordings(t, 'itch50/AAPL_20200130_locate13_first10k.itch50');
  if (paths === null) return;
  for (const messages of [1001, 10_000]) {
    const expected = marketData(`itch50/expected/AAPL_book_after_${messages}.csv`);
    assert.ok(expected !== null);
    const printed = await tapehead([
      'book',
      paths[0],
      '--symbol',
      'AAPL',
      '--at',
      String(messages),
      '--orders',
      '--csv',
    ]);
    assert.equal(printed.code, 0, printed.stderr);
    const body = (text: string): string => text.trim().split('\n').slice(1).join('\n');
    assert.equal(body(printed.stdout), body(readFileSync(expected, 'utf8')));
  }
});

interface Diff {
  readonly eventMs: number;
  readonly lastId: number;
}

/** After every diff: best bid and ask with sizes equal the last bookTicker with an id up to the diff's. */
async function compareWithTicker(paths: readonly string[]): Promise<{ compared: number; different: number }> {
  const tickers: { id: number; touch: string }[] = [];
  const diffs: Diff[] = [];
  for (const path of paths) {
    for (const line of gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n')) {
      const message = JSON.parse(line.slice(line.indexOf(' ') + 1));
      const data = message.data ?? message;
      if (message.stream?.endsWith('bookTicker') === true) {
        tickers.push({ id: data.u, touch: [data.b, data.B, data.a, data.A].map(Number).join(' ') });
      } else if (data.e === 'depthUpdate' && data.b.length + data.a.length > 0) {
        diffs.push({ eventMs: data.E, lastId: data.u });
      }
    }
  }
  let nextDiff = 0;
  let ticker = -1;
  let compared = 0;
  let different = 0;
  const recording = await detectRecording(paths);
  const midnightMs = Number((BigInt(recording.sessionBase.hi) << 32n) + BigInt(recording.sessionBase.lo)) / 1e6;
  await runBooks(recording, {
    symbols: null,
    maxMessages: Number.POSITIVE_INFINITY,
    onBookChange: (market, instrument, tsEvent) => {
      const eventMs = Math.round(tsEvent / 1e6 + midnightMs);
      let at = nextDiff;
      while (at < diffs.length && diffs[at].eventMs !== eventMs) at++;
      if (at === diffs.length) return; // the snapshot
      nextDiff = at + 1;
      while (ticker + 1 < tickers.length && tickers[ticker + 1].id <= diffs[at].lastId) ticker++;
      if (ticker < 0) return;
      const def = market.books.defs[instrument];
      assert.ok(def !== undefined);
      market.books.readTouch(instrument);
      const [bid, bidQty, ask, askQty] = market.books.touch;
      const price = 10 ** def.priceDecimals;
      const qty = 10 ** def.qtyDecimals;
      compared++;
      if ([bid / price, bidQty / qty, ask / price, askQty / qty].join(' ') !== tickers[ticker].touch) different++;
    },
  });
  return { compared, different };
}

for (const [stream, days, known] of [
  ['spot_btcusdt', ['20240808', '20240809'], 2],
  ['usdm_btcusdt', ['20240718', '20240719'], 0],
] as const) {
  test(`Binance ${stream}: after every diff the touch is bookTicker's, but for ${known} ids it skipped`, async (t) => {
    const paths = recordings(t, ...days.map((day) => `binance/${stream}_${day}.gz`));
    if (paths === null) return;
    const { compared, different } = await compareWithTicker(paths);
    t.diagnostic(`${compared} diffs compared`);
    assert.ok(compared > 6000);
    assert.equal(different, known);
  });
}

for (const [venue, verified] of [
  ['KRAKEN', 4269],
  ['OKX', 290],
  ['BITFINEX', 0],
  ['COINBASE', 0],
  ['BINANCE', 0],
] as const) {
  test(`${venue}: the capture replays without a gap, ${verified} checksums agree, and re-executes`, async (t) => {
    const paths = recordings(t, `captures/${venue}.jsonl.zst`);
    if (paths === null) return;
    const log = join(temporaryFolder(t), 'log');
    const replayed = await tapehead(['replay', ...paths, '--log', log, '--json', '--no-pin', '--no-sync']);
    assert.equal(replayed.code, 0, replayed.stderr);
    const summary = JSON.parse(replayed.stdout);
    assert.equal(summary.checksumsVerified, verified);
    for (const trouble of ['gaps', 'duplicates', 'outOfOrder', 'checksumFailures', 'badValues']) {
      assert.equal(summary[trouble], 0, trouble);
    }
    assert.equal((await tapehead(['rerun', log])).code, 0);
  });
}
