/**
 * Lines of a capture, written as bytes into a buffer: {"t","conn","ts","data"}. A frame goes in as a JSON string, or in
 * base64 where it is no UTF-8 text. Some 1.2 ns a byte.
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

/** Bytes that a line may need beside its frame, its url and the name of its connection. */
const OVERHEAD = 128;
/** A control character becomes six. */
const WORST_PER_BYTE = 6;

export type LineKind = 'recv' | 'refused' | 'skip' | 'http';

export class CaptureLines {
  /** The lines so far are bytes[0, used). */
  bytes: Buffer;
  used = 0;
  private readonly baseSeconds: number;
  private readonly baseNs: number;
  /** What a line begins with, by kind and connection. */
  private readonly starts = new Map<string, Map<LineKind, Buffer>>();

  constructor(base: SessionBase, bytes: Buffer) {
    const epoch = sessionBaseNs(base);
    this.baseSeconds = Number(epoch / 1_000_000_000n);
    this.baseNs = Number(epoch % 1_000_000_000n);
    this.bytes = bytes;
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
    this.bytes[this.used++] = 0x2e;
    this.digits(total - whole * NINE_DIGITS, 9);
  }

  private digits(value: number, count: number): void {
    let rest = value;
    for (let at = this.used + count - 1; at >= this.used; at--) {
      const tens = Math.floor(rest / 10);
      this.bytes[at] = ZERO + (rest - tens * 10);
      rest = tens;
    }
    this.used += count;
  }

  /** Copies text as the inside of a JSON string; false where it is no UTF-8. */
  private escape(source: Uint8Array, from: number, to: number): boolean {
    const out = this.bytes;
    let at = this.used;
    let seen = 0;
    for (let p = from; p < to; p++) {
      const c = source[p];
      seen |= c;
      if (c === QUOTE || c === BACKSLASH) out[at++] = BACKSLASH;
      else if (c < SPACE) {
        at = putControl(out, at, c);
        continue;
      }
      out[at++] = c;
    }
    if (seen >= 0x80 && !isUtf8(source.subarray(from, to))) return false;
    this.used = at;
    return true;
  }
}

/** \u00XX */
function putControl(out: Buffer, at: number, c: number): number {
  out[at] = BACKSLASH;
  out[at + 1] = 0x75;
  out[at + 2] = ZERO;
  out[at + 3] = ZERO;
  out[at + 4] = HEX[c >> 4];
  out[at + 5] = HEX[c & 15];
  return at + 6;
}
