import { EventFlag, Side } from '../../src/core/event.ts';
import { sessionBase, utcMidnight } from '../../src/core/time.ts';
import { createBinanceDecoder } from '../../src/feed/text/binance.ts';
import { type Decoded, decodeFiles, type SeenEvent, utf8 } from '../support/event-probe.ts';

export const START = 1723161253n * 1_000_000_000n;
export const BASE = sessionBase(utcMidnight(START));
export const MIDNIGHT_MS = Number(utcMidnight(START) / 1_000_000n);

export type Pair = [string, string];

/** One line, `ms` after the start. */
export function line(ms: number, message: unknown): string {
  return `${START + BigInt(ms) * 1_000_000n} ${JSON.stringify(message)}\n`;
}

export function diff(first: number, final: number, bids: Pair[], asks: Pair[] = [], more: object = {}): object {
  const data = {
    e: 'depthUpdate',
    E: Number(START / 1_000_000n),
    s: 'BTCUSDT',
    U: first,
    u: final,
    ...more,
    b: bids,
    a: asks,
  };
  return { stream: 'btcusdt@depth@100ms', data };
}

export function snapshot(id: number, bids: Pair[], asks: Pair[] = []): object {
  return { lastUpdateId: id, bids, asks };
}

export function run(
  lines: readonly string[],
  symbols: readonly string[] | null = null,
): Decoded & { notes: readonly string[]; byType: ReadonlyMap<string, number> } {
  const decoder = createBinanceDecoder({ symbols, base: BASE });
  const decoded = decodeFiles(decoder, [utf8(lines.join(''))]);
  return { ...decoded, notes: decoder.stats.notes, byType: decoder.stats.messagesByType };
}

/** Numbered lines of these messages. */
export function lines(...messages: unknown[]): string[] {
  return messages.map((message, i) => line(i, message));
}

export const names = (events: readonly SeenEvent[]) => events.map((event) => event.name);

/** The events in one line each: the name and what matters of it. */
export function script(events: readonly SeenEvent[]): string[] {
  return events.map((event) => {
    const flags = `${event.flags & EventFlag.Last ? ' last' : ''}${event.flags & EventFlag.Snapshot ? ' snapshot' : ''}`;
    const side = event.side === Side.Bid ? ' bid' : event.side === Side.Ask ? ' ask' : '';
    if (event.def !== null) return `Instrument ${event.def.symbol} ${event.def.priceDecimals} ${event.def.qtyDecimals}`;
    return `${event.name}${side} ${event.price} ${event.qty}${flags}`;
  });
}
