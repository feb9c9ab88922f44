/**
 * What each wire protocol of the exchange implements. A protocol is one venue: it has an exchange (markets, accounts) of its
 * own, and addresses that start with its name: http://HOST:PORT/binance/api/v3/depth, ws://HOST:PORT/binance/ws. It is given
 * requests without that prefix. Several protocols share one server (venue-server.ts).
 *
 * A protocol runs on the server's thread, never waits and keeps no timers: `pulse` comes at least every `PULSE_MS`. Time is what
 * the services say. Everything that goes out passes through a Line or is a reply, where faults are made; what a protocol has to
 * make wrong itself, it asks `services.faults` about.
 */
import type { NetReply, NetRequest } from '../net/server.ts';
import type { Exchange } from './exchange.ts';
import type { Listing } from './listing.ts';
import type { Market } from './market.ts';

/** Protocols are given time at least so often. */
export const PULSE_MS = 5;

/** What a frame is, for the faults that can happen to it. */
export type FrameKind =
  /** Market data: can be lost, doubled, held back, damaged. */
  | 'market'
  /** Answers to an order, and what an account is told about its orders. */
  | 'order'
  /** Pongs, answers to subscriptions, log-ins. */
  | 'control';

/** One websocket connection, from the protocol's side. */
export interface Line {
  /** Counts the connections of the server, from 1. */
  readonly id: number;
  readonly remoteAddress: string;
  readonly isOpen: boolean;
  /** Text as a string, binary as bytes. */
  send(frame: string | Uint8Array, kind: FrameKind): void;
  /** Bytes that wait in this process; a recording that is served waits while there are many. */
  backlogBytes(): number;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** A protocol's half of a connection: made when it is accepted, has the state of it (subscriptions, log-in, counts). */
export interface Connection {
  open(line: Line): void;
  /** `frame` is valid during the call only. */
  message(frame: Buffer, isBinary: boolean): void;
  /** There is room in the line again. */
  drained?(): void;
  closed(): void;
}

/** A websocket that is not opened, and the answer instead. A class, so that no connection can be taken for one by its members. */
export class Refusal {
  readonly reply: NetReply;

  constructor(reply: NetReply) {
    this.reply = reply;
  }
}

/** `kind`: of what the reply tells; `snapshot` ones can be slow, `order` ones lost. Default: nothing special. */
export interface ProtocolReply extends NetReply {
  readonly kind?: 'snapshot' | 'order';
}

/** What becomes of an order that comes in, by the faults that were asked for. */
export type OrderFate =
  | 'fine'
  /** Refused, for no reason of its own. */
  | 'reject'
  /** Never reaches the exchange: nothing happens, nothing is answered. */
  | 'lost'
  /** Is worked on, but its answer is never sent. */
  | 'lost-ack';

/** The faults that a protocol has to make itself; each call that says yes is counted. */
export interface ProtocolFaults {
  /** Whether the checksum of the next book message is to be wrong. */
  wrongChecksum(): boolean;
  /** How many numbers of the next sequence are to be skipped: mostly 0. */
  sequenceGap(): number;
  orderFate(): OrderFate;
  /** The status with which a request is refused before anybody looks at it; null: it is not. */
  refusal?(): 429 | 418 | null;
}

export interface ProtocolServices {
  readonly exchange: Exchange;
  readonly faults: ProtocolFaults;
  /** Connections are cut when they are so old; 0: never. Default: what the venue says. */
  readonly maxAgeMs?: number;
  /** The venue's clock, µs since the Unix epoch; skewed where that fault is on. Never goes back by itself. */
  nowUs(): number;
}

export interface ExchangeProtocol {
  /** Such as `binance`: the first part of its addresses. */
  readonly name: string;
  /** For people: the addresses that a client needs, below `base` (such as 127.0.0.1:8080/binance), one line each. */
  addresses(base: string): readonly string[];
  /** The venue's own name of a market. Default: base and quote, one behind the other. */
  symbolOf?(market: Market): string;
  /** `path` without the prefix. A promise that never resolves is a request that is never answered. */
  http(request: NetRequest): ProtocolReply | Promise<ProtocolReply>;
  /** A websocket is asked for. */
  connect(request: NetRequest): Connection | Refusal;
  /** Publishes what is due by now, sends pings, ends what is over. */
  pulse(): void;
  /** Of a protocol with sockets of its own (UDP, TCP): opens them on the host, and closes them. Throws TapeheadError. */
  listen?(host: string): Promise<void>;
  close?(): Promise<void>;
}

/**
 * The protocols of the server, by name; protocols.ts has them themselves, which help texts need not load. ITCH has sockets of its
 * own and is put beside them by the command line.
 */
export const PROTOCOL_NAMES: readonly string[] = ['binance', 'binance-usdm', 'coinbase', 'kraken', 'okx', 'bybit'];

/** A protocol that can be asked for by name. */
export interface ProtocolKind {
  readonly name: string;
  /** What the venue lists for these assets, such as BTC. Throws TapeheadError for one that it does not. */
  listings(assets: readonly string[]): readonly Listing[];
  make(services: ProtocolServices): ExchangeProtocol;
}

/** What a client sent, as fields; null where it is no JSON object. */
export function jsonObject(text: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** A reply in JSON. */
export function jsonReply(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): ProtocolReply {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** For a request whose answer was lost. */
export const NEVER: Promise<never> = new Promise(() => undefined);
