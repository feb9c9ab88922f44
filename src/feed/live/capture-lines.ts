/**
 * Lines of a capture, written as bytes into a buffer: {"t","conn","ts","data"}. A frame goes in as a JSON string, or in
 * base64 where it is no UTF-8 text. About 3 ns a byte (2026-11-23, a busy machine).
 */
import { isUtf8 } from 'node:buffer';
import { type SessionBase, sessionBaseNs } from '../../core/time.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const SPACE = 0x20;
const HEX = Buffer.from('0123456789abcdef', 'latin1');
const NINE_DIGITS = 1e9;
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
  /** What a line begins with, by kind and connection. */
  private readonly starts = new Map<string, Map<LineKind, Buffer>>();

  constructor(base: SessionBase, bytes: Buffer) {
    const epoch = sessionBaseNs(base);
    this.baseSeconds = Number(epoch / 1_000_000_000n);
    this.baseNs = Number(epoch % 1_000_000_000n);
    this.buffer = bytes;
    this.out = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The lines so far are bytes[0, used). */
  get bytes(): Buffer {
    return this.buffer;
  }

  set bytes(bytes: Buffer) {
    this.buffer = bytes;
    this.out = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
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

  private put(text: Buffer): void {
    text.copy(this.bytes, this.used);
    this.used += text.length;
  }

  /** Epoch seconds with nine decimals. */
  private time(tsRecv: number): void {
    const total = tsRecv + this.baseNs;
    const whole = Math.floor(total / NINE_DIGITS);
    this.digits(this.baseSeconds + whole, 10);
    this.out[this.used++] = 0x2e;
    this.digits(total - whole * NINE_DIGITS, 9);
  }

  private digits(value: number, count: number): void {
    let rest = value;
    for (let at = this.used + count - 1; at >= this.used; at--) {
      const tens = Math.floor(rest / 10);
      this.out[at] = ZERO + (rest - tens * 10);
      rest = tens;
    }
    this.used += count;
  }

  /**
   * Copies text as the inside of a JSON string; false where it is no UTF-8. A quarter of a frame's bytes are quotes, in no
   * order that a processor could guess: so there is no branch for them, the backslash is written always and kept or not.
   */
  private escape(source: Uint8Array, from: number, to: number): boolean {
    const { out } = this;
    let at = this.used;
    let seen = 0;
    for (let p = from; p < to; p++) {
      const c = source[p];
      const marks = MARKS[c];
      seen |= marks;
      out[at] = BACKSLASH;
      at += marks & ESCAPED;
      out[at++] = c;
    }
    if ((seen & CONTROL) !== 0) at = this.escapeAll(source, from, to);
    if ((seen & HIGH) !== 0 && !isUtf8(source.subarray(from, to))) return false;
    this.used = at;
    return true;
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
