/** A live feed without sockets: a book of two instruments that moves some thousand times a second, under the machine's clock. */
import { monotonicNs } from '../../src/core/clock.ts';
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import { sessionBaseNs } from '../../src/core/time.ts';
import type { LiveFeedSource } from '../../src/engine/live/live-start.ts';
import { type Feed, type FeedControl, type FeedResult, newFeedStats } from '../../src/feed/feed.ts';
import type { EventSink } from '../../src/feed/sink.ts';

const MID = 10_000;
const BURST = 8;
const PAUSE_MS = 2;

export function openLiveFeed(source: LiveFeedSource): Feed {
  const originNs = Number(BigInt(Date.now()) * 1_000_000n - sessionBaseNs(source.sessionBase)) - monotonicNs();
  return { run: (sink, control) => run(sink, control, () => originNs + monotonicNs()) };
}

async function run(sink: EventSink, control: FeedControl, now: () => number): Promise<FeedResult> {
  const level = (instrument: number, side: Side, price: number, qty: number): void => {
    const ns = now();
    sink.beginMessage(ns);
    sink.emit(EventKind.Level, side, EventFlag.Last, instrument, ns, price, qty, 0, 0);
  };
  const trade = (instrument: number, price: number): void => {
    const ns = now();
    sink.beginMessage(ns);
    sink.emit(EventKind.Trade, Side.Ask, EventFlag.Last, instrument, ns, price, 50, 0, 0);
  };
  for (const [instrument, symbol] of ['TAPEUSDT', 'REELUSDT'].entries()) {
    sink.beginMessage(now());
    sink.instrument({ instrument, symbol, bookKind: 2, priceDecimals: 2, qtyDecimals: 3 }, now());
    for (let depth = 1; depth <= 5; depth++) {
      level(instrument, Side.Bid, MID - depth, 1000);
      level(instrument, Side.Ask, MID + depth, 1000);
    }
    sink.live(instrument, now());
  }
  for (let i = 0; !control.stopRequested(); i++) {
    // Now and then somebody sells through the bids that rest at the touch.
    if (i % 16 === 8) trade(i & 1, MID - 2);
    for (let k = 0; k < BURST; k++)
      level(k & 1, k & 2 ? Side.Bid : Side.Ask, MID + (k & 2 ? -1 : 1), 1000 + ((i * 7 + k) % 97));
    sink.flush();
    control.progress(i);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return { stats: newFeedStats(), truncated: null };
}
