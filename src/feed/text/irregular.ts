/** What is said of a message that is not the next one of its stream. */
import { EventKind, StaleReason } from '../../core/event.ts';
import { Verdict } from '../sequencer.ts';
import type { TextInstrument } from './instruments.ts';
import type { TextMarket } from './market.ts';

/** The event of a verdict that is Gap, Duplicate or OutOfOrder. */
export function irregularityOf(verdict: Verdict): EventKind {
  if (verdict === Verdict.Gap) return EventKind.Gap;
  return verdict === Verdict.Duplicate ? EventKind.Duplicate : EventKind.OutOfOrder;
}

/** Says so of one book's stream; behind a gap the book is stale. `expected` and `received`: sequence numbers. */
export function tellIrregular(
  market: TextMarket,
  instrument: TextInstrument,
  verdict: Verdict,
  tsEvent: number,
  { expected, received }: { readonly expected: number; readonly received: number },
): void {
  market.trouble(irregularityOf(verdict), instrument, tsEvent, expected, received);
  if (verdict === Verdict.Gap) market.stale(instrument, StaleReason.Gap, tsEvent);
}
