import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import { sessionBase, utcMidnight } from '../../src/core/time.ts';
import { openSource } from '../../src/feed/input/open.ts';
import { createBinanceDecoder } from '../../src/feed/text/binance.ts';
import { createCaptureFeed } from '../../src/feed/text/capture.ts';
import { CaptureDecoder } from '../../src/feed/text/capture-decoder.ts';
import {
  bookText,
  decimalText,
  decodeFiles,
  EventProbe,
  NaiveBooks,
  type SeenEvent,
  utf8,
} from '../support/event-probe.ts';
import { marketData } from '../support/paths.ts';
import {
  ReferenceBinance,
  ReferenceBitfinex,
  ReferenceCoinbase,
  ReferenceKraken,
  ReferenceOkx,
  type ReferenceVenue,
} from '../support/text-reference.ts';

/** The recording's path, or null after the test was skipped, saying so. */
function recording(t: TestContext, relative: string): string | null {
  const path = marketData(relative);
  if (path === null) t.skip(`../shared/market-data/${relative} is absent`);
  return path;
}

/** The touch of one book in ticks, kept up the cheapest way that is still obviously right. */
class TouchTwin {
  private readonly sides = [new Map<number, number>(), new Map<number, number>()];
  private readonly best = [Number.NaN, Number.NaN];

  apply(event: SeenEvent): void {
    if (event.kind !== EventKind.Level) return;
    const at = event.side === Side.Bid ? 0 : 1;
    const side = this.sides[at];
    if (event.qty > 0) {
      side.set(event.price, event.qty);
      if (!(at === 0 ? event.price <= this.best[at] : event.price >= this.best[at])) this.best[at] = event.price;
      return;
    }
    side.delete(event.price);
    if (event.price === this.best[at]) this.best[at] = at === 0 ? Math.max(...side.keys()) : Math.min(...side.keys());
  }

  text(priceDecimals: number, qtyDecimals: number): string {
    return [0, 1]
      .map((at) => {
        const qty = this.sides[at].get(this.best[at])!;
        return `${decimalText(this.best[at], priceDecimals)} ${decimalText(qty, qtyDecimals)}`;
      })
      .join(' ');
  }
}

interface Ticker {
  readonly u: number;
  readonly text: string;
}

/** Lines of the pair in which the book differs from bookTicker at the last id up to u, and what else was counted. */
function binancePair(files: readonly string[]): { differ: number; diffs: number; kinds: Map<string, number> } {
  const first = BigInt(gunzipSync(readFileSync(files[0])).toString('latin1', 0, 19));
  const decoder = createBinanceDecoder({ symbols: null, base: sessionBase(utcMidnight(first)) });
  const probe = new EventProbe();
  const twin = new TouchTwin();
  const tickers: Ticker[] = [];
  const states: Ticker[] = [];
  const kinds = new Map<string, number>();
  let decimals: [number, number] = [0, 0];
  let live = false;
  for (const file of files) {
    const bytes = gunzipSync(readFileSync(file));
    decoder.beginFile(file);
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(10, at) + 1;
      assert.equal(decoder.decode(bytes, at, end, probe.sink), end);
      for (const event of probe.take()) {
        kinds.set(event.name, (kinds.get(event.name) ?? 0) + 1);
        if (event.def !== null) decimals = [event.def.priceDecimals, event.def.qtyDecimals];
        if (event.kind === EventKind.Live) live = true;
        twin.apply(event);
      }
      const line = bytes.toString('latin1', at, end);
      if (line.includes('@bookTicker')) {
        const { u, b, B, a, A } = JSON.parse(line.slice(20)).data;
        tickers.push({ u, text: [b, B, a, A].map((x) => x.replace(/\.?0+$/, '')).join(' ') });
      } else if (live && line.includes('@depth')) {
        states.push({ u: Number(/"u":(\d+)/.exec(line)![1]), text: twin.text(...decimals) });
      }
      at = end;
    }
    assert.equal(decoder.endFile(bytes, bytes.length, bytes.length, probe.sink), null);
  }
  let next = 0;
  let differ = 0;
  let diffs = 0;
  for (const { u, text } of states) {
    while (next < tickers.length && tickers[next].u <= u) next++;
    if (next === 0) continue;
    diffs++;
    if (tickers[next - 1].text !== text) differ++;
  }
  assert.deepEqual(decoder.stats.notes, []);
  return { differ, diffs, kinds };
}

const TROUBLE = ['Gap', 'Duplicate', 'OutOfOrder', 'ChecksumFailure'];

test('Binance spot: no gap over two days, the book is bookTicker after every diff but the two skipped ids', (t) => {
  const files = ['08', '09'].map((day) => recording(t, `binance/spot_btcusdt_202408${day}.gz`));
  if (files.includes(null)) return;
  const { differ, diffs, kinds } = binancePair(files as string[]);
  for (const kind of TROUBLE) assert.equal(kinds.get(kind), undefined, kind);
  assert.equal(kinds.get('Stale'), 1);
  assert.equal(kinds.get('Live'), 1);
  assert.equal(kinds.get('VenueBbo'), 28040 + 45134);
  assert.equal(kinds.get('Trade'), 9757 + 10147);
  assert.ok(diffs > 6480, `${diffs} diffs compared`);
  assert.equal(differ, 2);
});

test('Binance USD-M: no gap over two days, the book is bookTicker after every diff', (t) => {
  const files = ['18', '19'].map((day) => recording(t, `binance/usdm_btcusdt_202407${day}.gz`));
  if (files.includes(null)) return;
  const { differ, diffs, kinds } = binancePair(files as string[]);
  for (const kind of TROUBLE) assert.equal(kinds.get(kind), undefined, kind);
  assert.equal(kinds.get('Live'), 1);
  assert.ok(diffs > 9000, `${diffs} diffs compared`);
  assert.equal(differ, 0);
});

interface Replayed {
  readonly events: SeenEvent[];
  readonly messages: number;
  readonly byType: ReadonlyMap<string, number>;
  readonly checksums: number;
}

async function replay(path: string, recordedSeconds: number): Promise<Replayed> {
  const probe = new EventProbe();
  const base = sessionBase(utcMidnight(BigInt(recordedSeconds) * 1_000_000_000n));
  const feed = createCaptureFeed([path], { symbols: null, base });
  const result = await feed.run(probe.sink, { stopRequested: () => false, progress: () => {} });
  assert.equal(result.truncated, null);
  assert.deepEqual(result.stats.notes, []);
  return {
    events: probe.take(),
    messages: probe.sink.messages,
    byType: result.stats.messagesByType,
    checksums: result.stats.checksumsVerified,
  };
}

/** The lines as they are in the file. */
async function rawLines(path: string): Promise<string[]> {
  const source = await openSource({ path, entry: null });
  const bytes = new Uint8Array(64 << 20);
  let size = 0;
  for (let count = -1; count !== 0; size += count) count = await source.read(bytes, size, bytes.length - size);
  await source.close();
  return Buffer.from(bytes.subarray(0, size)).toString('utf8').trimEnd().split('\n');
}

/** The recv and http lines in the order of their times. */
async function linesOf(path: string): Promise<{ t: string; ts: number; url: string; data: string }[]> {
  return (await rawLines(path))
    .map((line) => JSON.parse(line))
    .filter(({ t }) => t === 'recv' || t === 'http')
    .sort((a, b) => a.ts - b.ts);
}

/** Replays a capture and the naive twin side by side, and compares the book at hand in every so many lines. */
async function compare(path: string, recordedSeconds: number, twin: ReferenceVenue, every = 64): Promise<Replayed> {
  const replayed = await replay(path, recordedSeconds);
  const { events } = replayed;
  const books = new NaiveBooks();
  let next = 0;
  for (const [n, line] of (await linesOf(path)).entries()) {
    const symbol = line.t === 'recv' ? twin.frame(line.data) : twin.rest(line.url, line.data);
    if (symbol === null || n % every !== 0) continue;
    // Events of this line and those before it: the recorded second decides, to the ns.
    const limit = lineNs(line.ts, recordedSeconds);
    while (next < events.length && events[next].tsRecv <= limit) books.apply(events[next++]);
    assert.equal(bookText(books.book(symbol)), bookText(twin.books.get(symbol)!), `${symbol} after line ${n}`);
  }
  while (next < events.length) books.apply(events[next++]);
  assert.equal(books.books.size, twin.books.size);
  for (const [symbol, book] of twin.books) {
    assert.equal(bookText(books.book(symbol)), bookText(book), symbol);
    assert.ok(books.isLive(symbol), symbol);
  }
  const defs = new Map<number, [string, number, number]>();
  const trades: string[] = [];
  const touches: string[] = [];
  for (const event of events) {
    if (event.def !== null) {
      defs.set(event.instrument, [event.def.symbol, event.def.priceDecimals, event.def.qtyDecimals]);
      continue;
    }
    if (event.kind !== EventKind.Trade && event.kind !== EventKind.VenueBbo) continue;
    const [symbol, p, q] = defs.get(event.instrument)!;
    const bid = `${decimalText(event.price, p)} ${decimalText(event.qty, q)}`;
    if (event.kind === EventKind.Trade) trades.push(`${symbol} ${bid} ${event.side === Side.Bid}`);
    else touches.push(`${symbol} ${bid} ${decimalText(event.orderId, p)} ${decimalText(event.id2, q)}`);
  }
  assert.deepEqual(
    trades,
    twin.trades.map((one) => `${one.symbol} ${one.price} ${one.qty} ${one.takerBought}`),
  );
  assert.deepEqual(
    touches,
    twin.touches.map((one) => one.join(' ')),
  );
  for (const kind of TROUBLE) assert.ok(!events.some((event) => event.name === kind), kind);
  return replayed;
}

function lineNs(seconds: number, recordedSeconds: number): number {
  const midnight = Math.floor(recordedSeconds / 86400) * 86400;
  const [whole, fraction] = String(seconds).split('.');
  return (Number(whole) - midnight) * 1e9 + Number((fraction ?? '').padEnd(9, '0').slice(0, 9));
}

function count(events: readonly SeenEvent[], name: string): number {
  return events.filter((event) => event.name === name).length;
}

function expectedCounts(venue: string): Record<string, number> {
  return JSON.parse(readFileSync(marketData('captures/expected_counts.json')!, 'utf8'))[venue];
}

test('Kraken: all 4,269 checksums, the twin’s books, and the peer’s counts', async (t) => {
  const path = recording(t, 'captures/KRAKEN.jsonl.zst');
  if (path === null) return;
  const twin = new ReferenceKraken();
  const { events, byType, checksums, messages } = await compare(path, 1618678132, twin);
  const expected = expectedCounts('KRAKEN');
  assert.equal(messages, 4430); // recv lines
  assert.equal(checksums, 4269);
  assert.deepEqual([twin.checksumsRight, twin.checksumsWrong], [533, 0]); // of every eighth update
  // l2_book: ten snapshots and every update; trades: rows, not messages.
  assert.equal(byType.get('book snapshot')! + byType.get('book update')!, expected.l2_book);
  assert.equal(byType.get('ticker'), expected.ticker);
  assert.equal(count(events, 'Trade'), expected.trades);
});

test('OKX: all 290 checksums, the twin’s books, and the peer’s counts', async (t) => {
  const path = recording(t, 'captures/OKX.jsonl.zst');
  if (path === null) return;
  const { events, byType, checksums } = await compare(path, 1652458996, new ReferenceOkx());
  const expected = expectedCounts('OKX');
  assert.equal(checksums, 290);
  // l2_book: three snapshots and 287 updates, each with a checksum.
  assert.equal(byType.get('books snapshot')! + byType.get('books update')!, expected.l2_book);
  assert.equal(byType.get('tickers'), expected.ticker);
  assert.equal(count(events, 'Trade'), expected.trades);
});

test('Coinbase: sequence unbroken, the twin’s books, and the peer’s counts', async (t) => {
  const path = recording(t, 'captures/COINBASE.jsonl.zst');
  if (path === null) return;
  const { events, byType } = await compare(path, 1786309548, new ReferenceCoinbase(), 256);
  const expected = expectedCounts('COINBASE');
  assert.equal(byType.get('l2_data snapshot')! + byType.get('l2_data update')!, expected.l2_book);
  assert.equal(count(events, 'VenueBbo'), expected.ticker);
  // The peer leaves out the 200 trades of before the subscription, which are flagged here.
  assert.equal(
    events.filter(({ name, flags }) => name === 'Trade' && (flags & EventFlag.Snapshot) === 0).length,
    expected.trades,
  );
  assert.equal(events.filter(({ name, flags }) => name === 'Trade' && (flags & EventFlag.Snapshot) !== 0).length, 200);
});

test('Bitfinex: sequence unbroken, the twin’s books, and the peer’s counts', async (t) => {
  const path = recording(t, 'captures/BITFINEX.jsonl.zst');
  if (path === null) return;
  const { events, byType } = await compare(path, 1618677543, new ReferenceBitfinex());
  const expected = expectedCounts('BITFINEX');
  assert.equal(byType.get('book snapshot')! + byType.get('book update')!, expected.l2_book);
  assert.equal(byType.get('ticker'), expected.ticker);
  // All of them trades of before the subscription, 30 a symbol.
  assert.equal(count(events, 'Trade'), expected.trades);
});

test('Binance capture: snapshots by their URL, the twin’s books, and the peer’s counts', async (t) => {
  const path = recording(t, 'captures/BINANCE.jsonl.zst');
  if (path === null) return;
  const twin = new ReferenceBinance();
  const { events, byType } = await compare(path, 1633998511, twin);
  const expected = expectedCounts('BINANCE');
  assert.equal(byType.get('depthUpdate'), 177);
  // l2_book: four snapshots and the 172 updates that were not in them already.
  const applied = events.filter(({ name, flags }) => name === 'Level' && flags === EventFlag.Last).length;
  assert.equal(applied, 172);
  assert.equal(applied + count(events, 'SnapshotEnd'), expected.l2_book);
  assert.equal(byType.get('bookTicker'), expected.ticker);
  assert.equal(byType.get('aggTrade'), expected.trades);
  assert.equal(byType.get('kline'), expected.candles);
});

/** Decodes lines that are in the order of their times; returns what went wrong by name, and the books. */
function trouble(lines: readonly string[], recordedSeconds: number): [Record<string, number>, NaiveBooks] {
  const base = sessionBase(utcMidnight(BigInt(recordedSeconds) * 1_000_000_000n));
  const decoder = new CaptureDecoder({ symbols: null, base });
  const { events } = decodeFiles(decoder, [utf8(lines.join('\n'))]);
  const found: Record<string, number> = {};
  for (const kind of TROUBLE) if (count(events, kind) > 0) found[kind] = count(events, kind);
  return [found, new NaiveBooks().applyAll(events)];
}

test('Bitfinex with a frame lost or repeated: one gap for all its books, one duplicate and the same books', async (t) => {
  const path = recording(t, 'captures/BITFINEX.jsonl.zst');
  if (path === null) return;
  const lines = await rawLines(path);
  const at = lines.findIndex((line) => line.includes(',1000]"')); // sequence 1000
  const [none, whole] = trouble(lines, 1618677543);
  assert.deepEqual(none, {});
  const [lost, stale] = trouble(lines.toSpliced(at, 1), 1618677543);
  assert.deepEqual(lost, { Gap: 1 });
  for (const symbol of stale.books.keys()) assert.ok(!stale.isLive(symbol), symbol);
  const [repeated, same] = trouble(lines.toSpliced(at, 0, lines[at]), 1618677543);
  assert.deepEqual(repeated, { Duplicate: 1 });
  for (const [symbol, book] of whole.books) assert.equal(bookText(same.book(symbol)), bookText(book));
});

test('OKX with one digit of a best size changed: a checksum failure, and that book is stale', async (t) => {
  const path = recording(t, 'captures/OKX.jsonl.zst');
  if (path === null) return;
  const lines = await rawLines(path);
  const at = lines.findIndex((line) => line.includes('action\\":\\"snapshot') && line.includes('BTC-USDT'));
  const changed = lines[at].replace(
    /(asks\\":\[\[\\"[\d.]+\\",\\")(\d)/,
    (_, head, digit) => head + ((Number(digit) + 1) % 10),
  );
  assert.notEqual(changed, lines[at]);
  const [found, books] = trouble(lines.with(at, changed), 1652458996);
  assert.deepEqual(found, { ChecksumFailure: 1 });
  assert.ok(!books.isLive('BTC-USDT'));
  assert.ok(books.isLive('UNI-USD-SWAP'));
});
