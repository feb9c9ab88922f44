/** What the frames of live feeds leave behind in the feed's thread, from their bytes to events in the ring, after warm-up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measuredPart } from '../support/gc-trace.ts';

/** Of the young generation that the program runs with. */
const SCAVENGE_BYTES = 1 << 20;
const FRAMES = 200_000;

/**
 * Bytes a frame, at most. 0: no collection at all, which garbage of 5 bytes a frame would cause. The others are boxed
 * numbers, 16 bytes each: the event time that a message's book path is given, and of bookTicker the event's fields too.
 */
const MOST_BYTES: Readonly<Record<string, number>> = {
  'Binance trade': 0,
  'Binance bookTicker': 50,
  'Binance spot depth, 2 + 2 levels': 21,
  'Coinbase l2update, 1 + 1 changes': 0,
  'Coinbase match': 0,
  'OKX books, 2 + 2 levels': 17,
  'OKX books, 2 + 2 levels, checksum verified': 17,
  'Bybit orderbook, 2 + 2 levels': 17,
  'Bybit publicTrade': 0,
  'Kraken v2 book, 2 + 2 levels, checksum verified': 11,
  'Kraken v2 trade': 0,
};

for (const [feed, bytes] of Object.entries(MOST_BYTES)) {
  test(`200,000 frames of ${feed} leave at most ${bytes} bytes each behind`, async (t) => {
    const { summary, collections } = await measuredPart('live-garbage-run.js', feed);
    t.diagnostic(`${summary}; ${collections.length} collections`);
    assert.match(summary, /: 200000 frames, \d{6} events$/);
    const most = Math.ceil((bytes * FRAMES) / SCAVENGE_BYTES);
    assert.ok(collections.length <= most, `${collections.length} collections, not ${most} at most`);
  });
}
