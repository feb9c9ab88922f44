import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { COINBASE_KIND } from '../../../src/exchange/coinbase/venue.ts';
import { KRAKEN_KIND } from '../../../src/exchange/kraken/venue.ts';
import type { Market } from '../../../src/exchange/market.ts';
import type { ProtocolFaults, ProtocolKind } from '../../../src/exchange/protocol.ts';
import type { VenueServer } from '../../../src/exchange/venue-server.ts';
import type { LiveVenueName } from '../../../src/feed/live/protocol.ts';
import { EventBooks } from '../../support/event-books.ts';
import { NO_FAULTS } from '../../support/no-faults.ts';
import { marketText, startVenue, until } from '../../support/venue-client.ts';
import { LiveSession } from './session.ts';

const RATE = 1_500;

interface Scene {
  readonly kind: ProtocolKind;
  readonly name: LiveVenueName;
  readonly symbol: string;
  readonly depth: number;
  readonly faults: ProtocolFaults;
  readonly some: Some;
  /** What the faults show as. */
  readonly shows: string;
}

interface Some {
  next(): boolean;
  made(): number;
  begin(): void;
}

/** Three times, at every so many, once it has begun. */
function every(asked: number): Some {
  let count = 0;
  let made = 3;
  return {
    begin: () => {
      made = 0;
    },
    next: () => {
      if (made === 3 || ++count % asked !== 0) return false;
      made++;
      return true;
    },
    made: () => made,
  };
}

const wrong = every(60);
const holes = every(300);

const SCENES: readonly Scene[] = [
  {
    kind: KRAKEN_KIND,
    name: 'kraken',
    symbol: 'BTC/USD',
    depth: 100,
    faults: { ...NO_FAULTS, wrongChecksum: wrong.next },
    some: wrong,
    shows: 'ChecksumFailure',
  },
  {
    kind: COINBASE_KIND,
    name: 'coinbase-full',
    symbol: 'BTC-USD',
    depth: Number.POSITIVE_INFINITY,
    faults: { ...NO_FAULTS, sequenceGap: () => (holes.next() ? 2 : 0) },
    some: holes,
    shows: 'Gap',
  },
  {
    kind: COINBASE_KIND,
    name: 'coinbase',
    symbol: 'BTC-USD',
    depth: Number.POSITIVE_INFINITY,
    faults: NO_FAULTS,
    some: every(1),
    shows: 'Trade',
  },
];

/** Levels of the orders of `text`, as `marketText` has them. */
function levelsOf(books: EventBooks, symbol: string, market: Market): string[] {
  const lots = new Map<string, number>();
  for (const line of books.text(symbol)) {
    const [side, price, qty] = line.split(' ');
    const key = `${side === 'true' ? 1 : side === 'false' ? 2 : side} ${price}`;
    lots.set(key, (lots.get(key) ?? 0) + Math.round(Number(qty) * 10 ** market.listing.qtyDecimals));
  }
  const { qtyDecimals } = market.listing;
  const plain = (value: number) => (value / 10 ** qtyDecimals).toFixed(qtyDecimals).replace(/\.?0+$/, '');
  return [...lots].map(([key, value]) => `${key} ${plain(value)}`).sort();
}

async function sessionOf(t: TestContext, venue: VenueServer, { name, symbol }: Scene): Promise<LiveSession> {
  const base = venue.baseOf(venue.venues[0].protocol);
  const endpoints = { ws: `ws://${base}`, rest: `http://${base}` };
  const session = new LiveSession([{ name, symbols: [symbol], endpoints, redundancy: 1 }], { record: true });
  t.after(() => session.end());
  await until(
    () => session.count('Live') > 0,
    () => session.said.join('; '),
  );
  return session;
}

for (const one of SCENES) {
  test(`${one.name} live: faults heal, the book is the exchange's, and the recording replays to the same events`, async (t) => {
    const seed = randomInt(2 ** 32);
    t.diagnostic(`seed ${seed}`);
    const venue = await startVenue(one.kind, seed, RATE, one.faults);
    t.after(() => venue.close());
    const session = await sessionOf(t, venue, one);
    one.some.begin();
    await until(
      () => (one.some.made() === 3 || one.faults === NO_FAULTS) && session.count(one.shows) > 0,
      () => `${one.some.made()} faults; ${session.said}`,
    );
    venue.setRate(0);
    const market = venue.venues[0].exchange.markets[0];
    const books = new EventBooks();
    let applied = 0;
    const same = () => {
      if (!session.isLive) return false;
      books.apply(session.events.slice(applied));
      applied = session.events.length;
      return JSON.stringify(levelsOf(books, one.symbol, market)) === JSON.stringify(marketText(market, one.depth));
    };
    await until(same, () => `seed ${seed}: ${session.said.join('; ')}`);
    await session.stop();
    assert.deepEqual(await session.replayed(), session.events);
  });
}
