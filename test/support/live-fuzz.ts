/**
 * A live session under everything at once: frames that are damaged, lost, repeated and late on two lines, lines that go
 * down and fall silent, frames that are skipped, answers that are damaged. What the session emitted is compared with what
 * the decoder emits of the capture that was written along.
 */
import assert from 'node:assert/strict';
import { Prng } from '../../src/core/prng.ts';
import { sessionBase } from '../../src/core/time.ts';
import { CaptureLines } from '../../src/feed/live/capture-lines.ts';
import { CaptureDecoder } from '../../src/feed/text/capture-decoder.ts';
import { CaptureSession } from '../../src/feed/text/capture-session.ts';
import { decodeFiles, EventProbe, type SeenEvent } from './event-probe.ts';

const BASE = sessionBase(1_699_920_000n * 1_000_000_000n);
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const VENUE = { venue: 'binance', prefix: '', symbols: SYMBOLS };
const REST_URL = 'http://venue/api/v3/depth?symbol=';

export interface LiveFuzz {
  readonly events: number;
  readonly refused: number;
  readonly mutated: number;
}

/** One session of so many frames. Throws where the replay differs, or anything but a refusal comes of a frame. */
export function fuzzLiveSession(seed: number, frames: number): LiveFuzz {
  const run = new FuzzedSession(seed);
  for (let i = 0; i < frames; i++) run.step();
  const live = run.probe.take();
  const decoder = new CaptureDecoder({ symbols: null, base: BASE });
  const replayed = decodeFiles(decoder, [run.capture]).events;
  assert.equal(replayed.length, live.length, `seed ${seed}: as many events`);
  for (let i = 0; i < live.length; i++) {
    if (rowOf(replayed[i]) !== rowOf(live[i])) assert.deepEqual(replayed[i], live[i], `seed ${seed}: event ${i}`);
  }
  return { events: live.length, refused: run.refused, mutated: run.mutated };
}

class FuzzedSession {
  readonly probe = new EventProbe();
  refused = 0;
  mutated = 0;
  private readonly prng: Prng;
  private readonly session = new CaptureSession({ base: BASE, symbols: null });
  private readonly venue = this.session.declare(VENUE)!;
  private readonly lines = new CaptureLines(BASE, Buffer.alloc(1 << 20));
  private readonly written: Buffer[] = [];
  private readonly isUp = [false, false];
  private readonly recent: Buffer[] = [];
  private readonly lastId = SYMBOLS.map(() => 100);
  private now = 1e9;

  constructor(seed: number) {
    this.prng = new Prng(seed);
    this.session.market.open(this.probe.sink);
    this.venue.market.open(this.probe.sink);
    this.lines.plain('header', '', this.now, { session: 'fuzz', venues: [VENUE] });
  }

  get capture(): Uint8Array {
    this.keepLines();
    return new Uint8Array(Buffer.concat(this.written));
  }

  step(): void {
    const { prng } = this;
    this.now += prng.below(30_000_000);
    this.session.at(this.now);
    const line = prng.below(2);
    const what = prng.below(400);
    if (!this.isUp[line] || what === 0) this.connect(line);
    else if (what === 1) this.disconnect(line);
    else if (what === 2) this.silent(line);
    else if (what < 8) this.answer();
    else this.frame(line, this.nextFrame(), what < 12);
    this.keepLines();
  }

  private connect(line: number): void {
    this.session.connected(this.venue, this.number(conn(line)));
    this.lines.plain('connect', conn(line), this.now, { addr: 'ws://venue' });
    this.isUp[line] = true;
  }

  private disconnect(line: number): void {
    this.session.disconnected(this.venue, this.number(conn(line)));
    this.lines.plain('disconnect', conn(line), this.now, {});
    this.isUp[line] = false;
  }

  private silent(line: number): void {
    this.session.silent(this.venue, this.number(conn(line)));
    this.lines.plain('silent', conn(line), this.now, {});
    this.disconnect(line);
  }

  private frame(line: number, frame: Uint8Array, isSkipped: boolean): void {
    const number = this.number(conn(line));
    if (isSkipped) {
      this.session.skipped(this.venue);
      this.lines.frame('skip', conn(line), this.now, '', frame, 0, frame.length);
      return;
    }
    const isRead = this.session.offered(this.venue, frame, 0, frame.length, number);
    this.lines.frame(isRead ? 'recv' : 'refused', conn(line), this.now, '', frame, 0, frame.length);
    if (isRead) return;
    this.refused++;
    this.disconnect(line);
  }

  private answer(): void {
    const { prng } = this;
    const at = prng.below(SYMBOLS.length);
    const url = REST_URL + SYMBOLS[at];
    const levels = Array.from({ length: 1 + prng.below(5) }, (_, i) => [text(1_000 - i), text(1 + prng.below(50))]);
    const body = JSON.stringify({ lastUpdateId: this.lastId[at] - prng.below(3), bids: levels, asks: [] });
    const bytes = this.maybeMutated(Buffer.from(body));
    this.number('BINANCE.http.1');
    const isRead = this.session.offeredAnswer(this.venue, url, bytes, 0, bytes.length);
    this.lines.frame(isRead ? 'http' : 'refused', 'BINANCE.http.1', this.now, url, bytes, 0, bytes.length);
    if (!isRead) this.refused++;
  }

  /** The next of the stream; one of the last ones, late or again; nothing of it left out means no line lost it. */
  private nextFrame(): Uint8Array {
    const { prng, recent } = this;
    if (recent.length > 0 && prng.below(2) === 0) return this.maybeMutated(recent[prng.below(recent.length)]);
    const frame = Buffer.from(this.fresh());
    recent.push(frame);
    if (recent.length > 6) recent.shift();
    return prng.below(20) === 0 ? this.nextFrame() : this.maybeMutated(frame);
  }

  private fresh(): string {
    const { prng } = this;
    const at = prng.below(SYMBOLS.length);
    const s = SYMBOLS[at];
    const U = this.lastId[at] + 1;
    this.lastId[at] += 1 + prng.below(3);
    const u = this.lastId[at];
    const price = () => text(900 + prng.below(200));
    const side = () => Array.from({ length: prng.below(4) }, () => [price(), text(prng.below(3) * prng.below(500))]);
    const kind = prng.below(4);
    const stream = `${s.toLowerCase()}@`;
    if (kind === 0) {
      return JSON.stringify({
        stream: `${stream}bookTicker`,
        data: { u, s, b: price(), B: text(5), a: price(), A: text(6) },
      });
    }
    if (kind === 1) {
      const data = {
        e: 'trade',
        E: 1_699_920_001_000,
        s,
        t: u,
        p: price(),
        q: text(7),
        T: 1_699_920_001_000,
        m: u % 2 === 0,
      };
      return JSON.stringify({ stream: `${stream}trade`, data });
    }
    const data = { e: 'depthUpdate', E: 1_699_920_001_000, s, U, u, b: side(), a: side() };
    return JSON.stringify({ stream: `${stream}depth@100ms`, data });
  }

  private maybeMutated(frame: Buffer): Uint8Array {
    const { prng } = this;
    if (prng.below(3) !== 0) return new Uint8Array(frame);
    this.mutated++;
    const bytes = Buffer.from(frame);
    switch (prng.below(6)) {
      case 0:
        return new Uint8Array(bytes.subarray(0, prng.below(bytes.length)));
      case 1: // a byte, any
        bytes[prng.below(bytes.length)] = prng.below(256);
        break;
      case 2: // a digit
        for (let i = prng.below(bytes.length); i < bytes.length; i++) {
          if (bytes[i] < 0x30 || bytes[i] > 0x39) continue;
          bytes[i] = 0x30 + prng.below(10);
          break;
        }
        break;
      case 3: // two parts change places
        bytes.copyWithin(prng.below(bytes.length), prng.below(bytes.length));
        break;
      case 4:
        return new Uint8Array(Buffer.concat([bytes, bytes.subarray(prng.below(bytes.length))]));
      default:
        for (let n = 4; n > 0; n--) bytes[prng.below(bytes.length)] ^= 1 << prng.below(8);
    }
    return new Uint8Array(bytes);
  }

  private number(name: string): number {
    const bytes = new Uint8Array(Buffer.from(name));
    return this.session.connection(bytes, 0, bytes.length);
  }

  private keepLines(): void {
    if (this.lines.used === 0) return;
    this.written.push(Buffer.from(this.lines.bytes.subarray(0, this.lines.used)));
    this.lines.used = 0;
  }
}

/** All of an event; definitions by their symbol and decimals. */
function rowOf(event: SeenEvent): string {
  const { kind, side, flags, instrument, tsRecv, tsEvent, price, qty, orderId, id2, def } = event;
  const units = def === null ? '' : `${def.symbol} ${def.priceDecimals} ${def.qtyDecimals}`;
  return `${kind} ${side} ${flags} ${instrument} ${tsRecv} ${tsEvent} ${price} ${qty} ${orderId} ${id2} ${units}`;
}

function conn(line: number): string {
  return `BINANCE.ws.${line + 1}`;
}

function text(hundredths: number): string {
  return (hundredths / 100).toFixed(8);
}
