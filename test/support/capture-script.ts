/** Captures written by hand, run through the capture decoder. */
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import { sessionBase, utcMidnight } from '../../src/core/time.ts';
import { CaptureDecoder } from '../../src/feed/text/capture-decoder.ts';
import { type Decoded, decodeFiles, type SeenEvent, utf8 } from './event-probe.ts';

/** 2021-04-17, the seconds of the first line. */
export const CAPTURE_START = 1618678132;
export const CAPTURE_BASE = sessionBase(utcMidnight(BigInt(CAPTURE_START) * 1_000_000_000n));
const START_NS = (CAPTURE_START % 86400) * 1e9;

/** Session ns of the line `n` of a script. */
export function lineTime(n: number): number {
  return START_NS + n * 1e6;
}

/** Lines of one capture; each is a millisecond behind the one before. */
export class CaptureScript {
  readonly lines: string[] = [];
  private readonly connection: string;

  constructor(exchange: string, connection = `${exchange}.ws.1`) {
    this.connection = connection;
    if (exchange !== '') this.add({ t: 'header', format: 2, exchange, config: {} }, false);
    else this.add({ t: 'header', format: 2 }, false);
  }

  add(line: object, timed = true): this {
    const ts = CAPTURE_START + this.lines.length / 1000;
    this.lines.push(JSON.stringify(timed ? { ...line, ts: Number(ts.toFixed(3)) } : line));
    return this;
  }

  connect(addr = 'wss://example.net', conn = this.connection): this {
    return this.add({ t: 'connect', conn, addr });
  }

  recv(frame: unknown, conn = this.connection): this {
    return this.add({ t: 'recv', conn, data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
  }

  http(url: string, body: unknown): this {
    return this.add({ t: 'http', conn: 'http.1', url, data: JSON.stringify(body) });
  }

  get text(): string {
    return this.lines.map((line) => `${line}\n`).join('');
  }
}

export interface RunScript extends Decoded {
  readonly notes: readonly string[];
  readonly byType: Readonly<Record<string, number>>;
  readonly checksums: number;
}

export function runCapture(script: CaptureScript | string, symbols: readonly string[] | null = null): RunScript {
  const decoder = new CaptureDecoder({ symbols, base: CAPTURE_BASE });
  const decoded = decodeFiles(decoder, [utf8(typeof script === 'string' ? script : script.text)]);
  const { notes, messagesByType, checksumsVerified } = decoder.stats;
  return { ...decoded, notes, byType: Object.fromEntries(messagesByType), checksums: checksumsVerified };
}

/** The events in one line each: the name and what matters of it. */
export function scriptOf(events: readonly SeenEvent[]): string[] {
  return events.map((event) => {
    if (event.def !== null) return `Instrument ${event.def.symbol} ${event.def.priceDecimals} ${event.def.qtyDecimals}`;
    const flags = `${event.flags & EventFlag.Last ? ' last' : ''}${event.flags & EventFlag.Snapshot ? ' snapshot' : ''}`;
    const side = event.side === Side.Bid ? ' bid' : event.side === Side.Ask ? ' ask' : '';
    const ask = event.kind === EventKind.VenueBbo ? ` ${event.orderId} ${event.id2}` : '';
    return `${event.name}${side} ${event.price} ${event.qty}${ask}${flags}`;
  });
}
