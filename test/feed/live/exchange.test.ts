/** The live feed against the exchange of this project, which speaks the same protocols and shares no code with it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { EventKind } from '../../../src/core/event.ts';
import { PROTOCOL_NAMES } from '../../../src/exchange/protocol.ts';
import type { LiveVenueName } from '../../../src/feed/live/protocol.ts';
import { LIVE_VENUES } from '../../../src/feed/live/protocol.ts';
import { protocolOf } from '../../../src/feed/live/protocols/index.ts';
import type { LiveVenueSource } from '../../../src/feed/live/source.ts';
import { decimalText, type SeenEvent } from '../../support/event-probe.ts';
import { getJson, startVenue } from '../../support/venue-scene.ts';
import { LiveSession } from './session.ts';

type Venue = Awaited<ReturnType<typeof startVenue>>;

const PATHS: Readonly<Record<string, string>> = {
  binance: '/binance/api/v3/depth?limit=5000&symbol=',
  'binance-usdm': '/binance-usdm/fapi/v1/depth?limit=1000&symbol=',
};

function sourceOf(venue: Venue, name: LiveVenueName, redundancy: 1 | 2): LiveVenueSource {
  const at = `127.0.0.1:${venue.net.port}/${name}`;
  return { name, symbols: ['BTCUSDT', 'ETHUSDT'], endpoints: { ws: `ws://${at}`, rest: `http://${at}` }, redundancy };
}

/** Levels of a symbol that follow from the events, as text: "1 61837.63 0.5". */
function levelsOf(events: readonly SeenEvent[], symbol: string): string[] {
  const def = events.find((event) => event.def?.symbol === symbol)?.def;
  assert.ok(def != null, `${symbol} was never defined`);
  const book = new Map<string, string>();
  for (const { kind, instrument, side, price, qty } of events) {
    if (instrument !== def.instrument) continue;
    if (kind === EventKind.Clear) book.clear();
    if (kind !== EventKind.Level) continue;
    const key = `${side} ${decimalText(price, def.priceDecimals)}`;
    if (qty === 0) book.delete(key);
    else book.set(key, decimalText(qty, def.qtyDecimals));
  }
  return [...book].map(([key, qty]) => `${key} ${qty}`).sort();
}

function plain(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

async function venuesOwn(venue: Venue, name: string, symbol: string): Promise<string[]> {
  const { body } = await getJson(venue, `${PATHS[name]}${symbol}`);
  const { bids, asks } = body as { bids: [string, string][]; asks: [string, string][] };
  const rows = (side: number, levels: [string, string][]) => levels.map(([p, q]) => `${side} ${plain(p)} ${plain(q)}`);
  return [...rows(1, bids), ...rows(2, asks)].sort();
}

async function until(isDone: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 6_000; i++) {
    if (isDone()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`never: ${what}`);
}

async function follow(t: TestContext, name: LiveVenueName, redundancy: 1 | 2): Promise<void> {
  const venue = await startVenue(t, [name], { rate: 2_000 });
  const session = new LiveSession([sourceOf(venue, name, redundancy)], { record: true });
  t.after(() => session.end());
  await until(() => session.isLive && session.count('Trade') > 30, `live with trades: ${session.said.join('; ')}`);
  venue.setRate(0);
  let [ours, theirs] = [[''], ['']];
  for (let i = 0; i < 1_000; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { events } = session;
    session.status;
    ours = ['BTCUSDT', 'ETHUSDT'].flatMap((symbol) => levelsOf(events, symbol));
    theirs = (await Promise.all(['BTCUSDT', 'ETHUSDT'].map((symbol) => venuesOwn(venue, name, symbol)))).flat();
    if (ours.join() === theirs.join()) break;
  }
  assert.deepEqual(ours, theirs);
  assert.ok(ours.length > 20);
  assert.equal(session.count('Gap') + session.count('Duplicate') + session.count('OutOfOrder'), 0);
  await session.stop();
  assert.deepEqual(await session.replayed(), session.events);
}

test('Binance spot of our own exchange: the books are its books, no gap, and the capture replays alike', (t) =>
  follow(t, 'binance', 1));

test('the same over two lines', (t) => follow(t, 'binance', 2));

test('and USD-M futures', (t) => follow(t, 'binance-usdm', 2));

/** How each venue writes the pairs of BTC and ETH. */
const SYMBOLS: Readonly<Record<string, readonly string[]>> = {
  binance: ['BTCUSDT', 'ETHUSDT'],
  'binance-usdm': ['BTCUSDT', 'ETHUSDT'],
  bybit: ['BTCUSDT', 'ETHUSDT'],
  okx: ['BTC-USDT', 'ETH-USDT'],
  kraken: ['BTC/USD', 'ETH/USD'],
  coinbase: ['BTC-USD', 'ETH-USD'],
  'coinbase-full': ['BTC-USD', 'ETH-USD'],
};

for (const name of LIVE_VENUES) {
  const kind = name === 'coinbase-full' ? 'coinbase' : name;
  const skip = PROTOCOL_NAMES.includes(kind) ? false : `the exchange does not speak ${kind}`;
  test(`${name}, two lines: one is cut, the books are live again, and the capture replays alike`, {
    skip,
  }, async (t) => {
    const venue = await startVenue(t, [kind], { rate: 500 });
    const base = venue.baseOf(venue.venues[0].protocol);
    const endpoints = { ws: `ws://${base}`, rest: `http://${base}` };
    const source = { name: protocolOf(name)!.venue, symbols: SYMBOLS[name], endpoints, redundancy: 2 as const };
    const session = new LiveSession([source], { record: true });
    t.after(() => session.end());
    await until(() => session.isLive && session.status.venues[0].up === 2, `live: ${session.said.join('; ')}`);
    session.feed.cut(name);
    await until(() => session.status.venues[0].reconnects === 1 && session.isLive, 'live again');
    const before = session.events.length;
    await until(() => session.events.length > before + 50, 'events behind it');
    await session.stop();
    assert.deepEqual(await session.replayed(), session.events);
  });
}
