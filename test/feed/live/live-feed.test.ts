import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventKind, STALE_REASON_TEXT } from '../../../src/core/event.ts';
import { Prng } from '../../../src/core/prng.ts';
import type { SeenEvent } from '../../support/event-probe.ts';
import { FakeBinance } from './fake-binance.ts';
import { LiveSession } from './session.ts';

/** Books by instrument, from the events alone: price and quantity in ticks and lots. */
function booksOf(events: readonly SeenEvent[]): Map<number, Map<string, number>> {
  const books = new Map<number, Map<string, number>>();
  for (const { kind, instrument, side, price, qty } of events) {
    if (kind === EventKind.Instrument && !books.has(instrument)) books.set(instrument, new Map());
    const book = books.get(instrument);
    if (kind === EventKind.Clear) book?.clear();
    if (kind !== EventKind.Level) continue;
    if (qty === 0) book?.delete(`${side} ${price}`);
    else book?.set(`${side} ${price}`, qty);
  }
  return books;
}

function sameAsVenue(session: LiveSession, venue: FakeBinance): boolean {
  session.status;
  const books = [...booksOf(session.events).values()];
  return venue.symbols.every((symbol, i) => {
    const { bids, asks } = venue.markets.get(symbol)!;
    const theirs = [
      ...[...bids].map(([price, qty]) => `1 ${Math.round(Number(price) * 1e8)} ${Math.round(Number(qty) * 1e8)}`),
      ...[...asks].map(([price, qty]) => `2 ${Math.round(Number(price) * 1e8)} ${Math.round(Number(qty) * 1e8)}`),
    ].sort();
    const ours = [...(books[i] ?? new Map())].map(([key, qty]) => `${key} ${qty}`).sort();
    return theirs.join() === ours.join();
  });
}

async function settled(session: LiveSession, venue: FakeBinance): Promise<boolean> {
  for (let i = 0; i < 200; i++) {
    if (session.isLive && sameAsVenue(session, venue)) return true;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return false;
}

const one = (venue: FakeBinance, redundancy: 1 | 2 = 1) => [
  { name: 'binance' as const, symbols: venue.symbols, endpoints: venue.endpoints, redundancy },
];

test('a live session follows two books, and its recording replays to the very same events', async () => {
  const venue = await FakeBinance.start(['BTCUSDT', 'ETHUSDT'], 1);
  const session = new LiveSession(one(venue), { record: true, rotateBytes: 2_000 });
  try {
    assert.ok(await venue.until(() => session.isLive && session.count('Trade') > 20));
    assert.ok(await settled(session, venue));
    await session.stop();
    assert.equal(session.count('Gap') + session.count('Duplicate') + session.count('OutOfOrder'), 0);
    assert.deepEqual(await session.replayed(), session.events);
  } finally {
    await session.end();
    await venue.close();
  }
});
