/**
 * Lines of a capture, written as bytes into a buffer: {"t","conn","ts","data"}. A frame goes in as a JSON string, or in
 * base64 where it is no UTF-8 text. A frame of 1.4 KB takes 1.5 µs (2026-11-23, a busy machine).
 */
import { isUtf8 } from 'node:buffer';
import { type SessionBase, sessionBaseNs } from '../../core/time.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const SPACE = 0x20;
const HEX = Buffer.from('0123456789abcdef', 'latin1');
const NINE_DIGITS = 1e9;
/** Ten digits and a point. */
const SECOND_LENGTH = 11;
const END = Buffer.from('"}\n', 'latin1');
const DATA = Buffer.from(',"data":"', 'latin1');
const BASE64 = Buffer.from(',"b64":"', 'latin1');
const URL = Buffer.from(',"url":', 'latin1');

/** What a byte needs inside a JSON string, as bits. */
const ESCAPED = 1;
const CONTROL = 2;
const HIGH = 4;
const MARKS = Uint8Array.from({ length: 256 }, (_, c) => {
  if (c === QUOTE || c === BACKSLASH) return ESCAPED;
  return c < SPACE ? CONTROL : c >= 0x80 ? HIGH : 0;
});

/** The marks of both bytes, above the length of what they become. */
const PAIR_SHIFT = 3;
const PAIR_LENGTH = 7;
/** By two bytes as a little-endian word: what they become inside a JSON string, likewise, ... */
const PAIRS = new Uint32Array(1 << 16);
/** ... and of how many bytes that is, and what kinds of bytes they are. */
const PAIR_MARKS = new Uint8Array(1 << 16);
for (let pair = 0; pair < 1 << 16; pair++) {
  let length = 0;
  for (const c of [pair & 0xff, pair >> 8]) {
    if ((MARKS[c] & ESCAPED) !== 0) PAIRS[pair] |= BACKSLASH << (8 * length++);
    PAIRS[pair] |= c << (8 * length++);
  }
  PAIR_MARKS[pair] = length | ((MARKS[pair & 0xff] | MARKS[pair >> 8]) << PAIR_SHIFT);
}

/** Bytes that a line may need beside its frame, its url and the name of its connection. */
const OVERHEAD = 128;
/** A control character becomes six. */
const WORST_PER_BYTE = 6;

export type LineKind = 'recv' | 'refused' | 'skip' | 'http';

export class CaptureLines {
  used = 0;
  private buffer: Buffer;
  /** The same memory: a plain array is written faster. */
  private out: Uint8Array;
  private readonly baseSeconds: number;
  private readonly baseNs: number;
  private outView: DataView;
  /** The array that frames came in last. */
  private viewed: Uint8Array | null = null;
  private view: DataView = new DataView(new ArrayBuffer(0));
  /** Text of the last line's second, with its point, and which it is. */
  private readonly second = Buffer.alloc(SECOND_LENGTH);
  private secondAt = Number.NaN;
  /** What a line begins with, by kind and connection. */
  private readonly starts = new Map<string, Map<LineKind, Buffer>>();

  constructor(base: SessionBase, bytes: Buffer) {
    const epoch = sessionBaseNs(base);
    this.baseSeconds = Number(epoch / 1_000_000_000n);
    this.baseNs = Number(epoch % 1_000_000_000n);
    this.buffer = bytes;
    this.out = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.outView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The lines so far are bytes[0, used). */
  get bytes(): Buffer {
    return this.buffer;
  }

  set bytes(bytes: Buffer) {
    this.buffer = bytes;
    this.out = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.outView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes that a line with a frame and a url of these lengths may take. */
  static worst(frameBytes: number, url = ''): number {
    return OVERHEAD + frameBytes * WORST_PER_BYTE + url.length * WORST_PER_BYTE;
  }

  /** A line with a frame; there is room for it. `url`: of an answer of the REST interface, else ''. */
  frame(kind: LineKind, conn: string, tsRecv: number, url: string, bytes: Uint8Array, from: number, to: number): void {
    this.put(this.start(kind, conn));
    this.time(tsRecv);
    if (url !== '') {
      this.put(URL);
      this.used += this.bytes.write(JSON.stringify(url), this.used, 'utf8');
    }
    const before = this.used;
    this.put(DATA);
    if (!this.escape(bytes, from, to)) {
      this.used = before;
      this.put(BASE64);
      const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('base64');
      this.used += this.bytes.write(text, this.used, 'latin1');
    }
    this.put(END);
  }

  /** A line without a frame: `fields` are its rest, behind "t", "conn" and "ts". */
  plain(kind: string, conn: string, tsRecv: number, fields: Readonly<Record<string, unknown>>): void {
    const start = conn === '' ? `{"t":"${kind}","ts":` : `{"t":"${kind}","conn":${JSON.stringify(conn)},"ts":`;
    this.used += this.bytes.write(start, this.used, 'utf8');
    this.time(tsRecv);
    const rest = JSON.stringify(fields).slice(1);
    this.used += this.bytes.write(`${rest === '}' ? '' : ','}${rest}\n`, this.used, 'utf8');
  }

  private start(kind: LineKind, conn: string): Buffer {
    let byKind = this.starts.get(conn);
    if (byKind === undefined) {
      byKind = new Map();
      this.starts.set(conn, byKind);
    }
    let start = byKind.get(kind);
    if (start === undefined) {
      start = Buffer.from(`{"t":"${kind}","conn":${JSON.stringify(conn)},"ts":`, 'utf8');
      byKind.set(kind, start);
    }
    return start;
  }

  /** Some dozen bytes: fewer than a call is worth. */
  private put(text: Uint8Array): void {
    const { out, used } = this;
    for (let i = 0; i < text.length; i++) out[used + i] = text[i];
    this.used = used + text.length;
  }

  /** Epoch seconds with nine decimals. The text of the second is kept for the next lines. */
  private time(tsRecv: number): void {
    const total = tsRecv + this.baseNs;
    const whole = Math.floor(total / NINE_DIGITS);
    if (whole !== this.secondAt) {
      this.secondAt = whole;
      this.second.write(`${this.baseSeconds + whole}.`.padStart(SECOND_LENGTH, '0'), 'latin1');
    }
    this.put(this.second);
    this.nineDigits(total - whole * NINE_DIGITS);
  }

  private nineDigits(ns: number): void {
    const { out } = this;
    let rest = ns | 0;
    for (let at = this.used + 8; at >= this.used; at--) {
      const tens = (rest / 10) | 0;
      out[at] = ZERO + (rest - tens * 10);
      rest = tens;
    }
    this.used += 9;
  }

  /**
   * Copies text as the inside of a JSON string; false where it is no UTF-8. A quarter of a frame's bytes are quotes, in no
   * order that a processor could guess: so there is no branch for them. Two bytes go at a time, as what they become, which
   * is up to four; four are always written, and as many kept as count.
   */
  private escape(source: Uint8Array, from: number, to: number): boolean {
    const { outView } = this;
    const view = this.sourceView(source);
    let at = this.used;
    let seen = 0;
    let p = from;
    for (; p + 2 <= to; p += 2) {
      const pair = view.getUint16(p, true);
      const marks = PAIR_MARKS[pair];
      outView.setUint32(at, PAIRS[pair], true);
      seen |= marks;
      at += marks & PAIR_LENGTH;
    }
    if (p < to) {
      const marks = MARKS[source[p]];
      seen |= marks << PAIR_SHIFT;
      if ((marks & ESCAPED) !== 0) this.out[at++] = BACKSLASH;
      this.out[at++] = source[p];
    }
    if ((seen & (CONTROL << PAIR_SHIFT)) !== 0) at = this.escapeAll(source, from, to);
    if ((seen & (HIGH << PAIR_SHIFT)) !== 0 && !isUtf8(source.subarray(from, to))) return false;
    this.used = at;
    return true;
  }

  /** A new one for every new array: frames come in one. */
  private sourceView(source: Uint8Array): DataView {
    if (this.viewed !== source) {
      this.view = new DataView(source.buffer, source.byteOffset, source.byteLength);
      this.viewed = source;
    }
    return this.view;
  }

  /** The same with control characters, which are rare. */
  private escapeAll(source: Uint8Array, from: number, to: number): number {
    const { out } = this;
    let at = this.used;
    for (let p = from; p < to; p++) {
      const c = source[p];
      if ((MARKS[c] & CONTROL) !== 0) {
        at = putControl(out, at, c);
        continue;
      }
      if ((MARKS[c] & ESCAPED) !== 0) out[at++] = BACKSLASH;
      out[at++] = c;
    }
    return at;
  }
}

/** \u00XX */
function putControl(out: Uint8Array, at: number, c: number): number {
  out[at] = BACKSLASH;
  out[at + 1] = 0x75;
  out[at + 2] = ZERO;
  out[at + 3] = ZERO;
  out[at + 4] = HEX[c >> 4];
  out[at + 5] = HEX[c & 15];
  return at + 6;
}
