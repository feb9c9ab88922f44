/**
 * A text venue's instrument gets other decimals when a value turns up that its units can't hold (feed/text/scale.ts).
 * What the book holds is converted exactly; a value that can't be is the feed's bug, since it only asks for changes that
 * everything it has sent survives.
 */
import { assert } from '../core/assert.ts';
import { BookKind, type InstrumentDef } from '../core/instrument-def.ts';
import type { Books } from './books.ts';

export function rescale(books: Books, instrument: number, from: InstrumentDef, to: InstrumentDef): void {
  const priceShift = to.priceDecimals - from.priceDecimals;
  const qtyShift = to.qtyDecimals - from.qtyDecimals;
  if (priceShift === 0 && qtyShift === 0) return;
  assert(to.bookKind === BookKind.L2, 'only by-level instruments change their decimals');
  for (const side of [instrument * 2, instrument * 2 + 1]) {
    books.ladders.rescale(
      side,
      (key) => shifted(key, priceShift),
      (qty) => shifted(qty, qtyShift),
    );
  }
}

function shifted(value: number, decimals: number): number {
  const result = decimals >= 0 ? value * 10 ** decimals : value / 10 ** -decimals;
  assert(Number.isSafeInteger(result), `${value} can be held with ${decimals} more decimals`);
  return result;
}
