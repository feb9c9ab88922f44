import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Books } from '../../src/book/books.ts';
import { BookView } from '../../src/book/view.ts';
import { Side } from '../../src/core/event.ts';
import { ItchDecoder } from '../../src/feed/itch/decoder.ts';
import { EventSink } from '../../src/feed/sink.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';
import { marketData } from '../support/paths.ts';

const RECORDING = 'itch50/AAPL_20200130_locate13_first10k.itch50';

for (const messages of [1_001, 10_000]) {
  const recording = marketData(RECORDING);
  const expected = marketData(`itch50/expected/AAPL_book_after_${messages}.csv`);
  const skip = recording === null || expected === null ? `${RECORDING} is not there` : false;
  test(`AAPL, ITCH 5.0: every level after ${messages} messages is the expected one`, { skip }, () => {
    const books = replay(recording!, messages);
    const instrument = books.defs.findIndex((def) => def?.symbol === 'AAPL');
    const view = new BookView(books, instrument);
    const rows: string[] = [];
    for (const [name, side] of [
      ['B', Side.Bid],
      ['S', Side.Ask],
    ] as const) {
      for (let depth = 0; depth < view.depth(side); depth++) {
        const level = [view.priceTicksAt(side, depth), view.qtyLotsAt(side, depth), view.ordersAt(side, depth)];
        rows.push(`${name},${level.join(',')}`);
      }
    }
    const lines = readFileSync(expected!, 'utf8').trim().split(/\r?\n/);
    assert.equal(lines[0], 'side,price_1e4,shares,orders');
    assert.ok(rows.length > 20);
    assert.deepEqual(rows.toSorted(), lines.slice(1).toSorted());
    assert.deepEqual([books.unknownOrders, books.duplicateOrders, books.badValues], [0, 0, 0]);
    books.checkInvariants();
  });
}

/** The books after the first so many messages of a recording. */
function replay(recording: string, messages: number): Books {
  const ring = createSpsc(1 << 15);
  const writer = new SpscWriter(ring);
  const reader = new SpscReader(ring);
  const decoder = new ItchDecoder({ symbols: null });
  const bytes = new Uint8Array(readFileSync(recording));
  decoder.beginFile(recording);
  decoder.decode(bytes, 0, bytes.length, new EventSink(writer, null, messages));
  writer.publish();
  const books = new Books();
  const count = reader.poll(1 << 15);
  for (let i = 0; i < count; i++) books.apply(reader, ((reader.cursor + i) & reader.mask) << 3);
  return books;
}
