/**
 * One line of a capture: {"t","conn","ts","addr","url","data" or "b64"}, any order, other keys allowed. `data` is the
 * frame as JSON text inside a JSON string; it is unescaped into a buffer that is reused.
 */
import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { MAX_LINE_BYTES } from '../../core/limits.ts';
import { FrameError } from './json-cursor.ts';
import { ascii, JsonScanner } from './json-scan.ts';
import { hexDigit } from './json-text.ts';

const T = ascii('t');
const CONN = ascii('conn');
const TS = ascii('ts');
const ADDR = ascii('addr');
const URL = ascii('url');
const DATA = ascii('data');
const B64 = ascii('b64');
const EXCHANGE = ascii('exchange');

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

export class CaptureLine {
  /** The texts of the line, as ranges of `bytes`; empty where missing. */
  bytes: Uint8Array = new Uint8Array(0);
  kindFrom = 0;
  kindTo = 0;
  connFrom = 0;
  connTo = 0;
  timeFrom = 0;
  timeTo = 0;
  /** After `frame`: where its bytes are. */
  frameBytes: Uint8Array = new Uint8Array(0);
  frameFrom = 0;
  frameTo = 0;
  private readonly scan = new JsonScanner();
  private readonly mantissa = new Float64Array(1);
  private readonly decimals = new Uint8Array(1);
  private addrFrom = 0;
  private addrTo = 0;
  private urlFrom = 0;
  private urlTo = 0;
  private exchangeFrom = 0;
  private exchangeTo = 0;
  private dataFrom = 0;
  private dataTo = 0;
  private dataEscaped = false;
  private isBase64 = false;
  private hasData = false;
  private buffer: Uint8Array = new Uint8Array(1 << 12);

  /** Finds the parts. Throws FrameError when the line is no JSON object, or has no "t". */
  read(bytes: Uint8Array, from: number, to: number): void {
    const { scan } = this;
    this.bytes = bytes;
    this.kindTo = 0;
    this.kindFrom = 0;
    this.connTo = 0;
    this.connFrom = 0;
    this.timeTo = 0;
    this.timeFrom = 0;
    this.addrTo = 0;
    this.urlTo = 0;
    this.exchangeTo = 0;
    this.hasData = false;
    scan.open(bytes, from, to);
    scan.beginObject();
    while (scan.nextKey()) this.field();
    scan.finish();
    if (this.kindTo === 0) throw new FrameError(from, 'a line of a capture has "t", the kind of line');
  }

  kindIs(name: Uint8Array): boolean {
    return this.scan.rangeIs(this.kindFrom, this.kindTo, name);
  }

  get kind(): string {
    return this.text(this.kindFrom, this.kindTo);
  }

  /** Empty where the line has none, as the next three. */
  get conn(): string {
    return this.connTo === 0 ? '' : this.text(this.connFrom, this.connTo);
  }

  get addr(): string {
    return this.addrTo === 0 ? '' : this.text(this.addrFrom, this.addrTo);
  }

  get url(): string {
    return this.urlTo === 0 ? '' : this.text(this.urlFrom, this.urlTo);
  }

  get exchange(): string {
    return this.exchangeTo === 0 ? '' : this.text(this.exchangeFrom, this.exchangeTo);
  }

  /** Makes the frame readable; false when it is binary and in no compression known here. */
  frame(): boolean {
    if (!this.hasData) throw new FrameError(this.kindFrom, 'the line has neither "data" nor "b64"');
    if (this.isBase64) return this.binaryFrame();
    if (this.dataEscaped) this.unescape();
    else {
      this.frameBytes = this.bytes;
      this.frameFrom = this.dataFrom;
      this.frameTo = this.dataTo;
    }
    return true;
  }

  /** Makes the frame readable exactly as it came: what is in base64 is not unpacked. */
  rawFrame(): void {
    if (!this.hasData) throw new FrameError(this.kindFrom, 'the line has neither "data" nor "b64"');
    if (!this.isBase64) {
      this.frame();
      return;
    }
    this.frameBytes = Buffer.from(this.text(this.dataFrom, this.dataTo), 'base64');
    this.frameFrom = 0;
    this.frameTo = this.frameBytes.length;
  }

  /** Where the frame stands in the line, for errors. */
  get dataAt(): number {
    return this.dataFrom;
  }

  private field(): void {
    const { scan } = this;
    if (scan.keyIs(DATA) || scan.keyIs(B64)) {
      this.isBase64 = scan.keyIs(B64);
      if (scan.peek() !== QUOTE) scan.misfit('data is a string');
      scan.string();
      this.hasData = true;
      this.dataFrom = scan.textFrom;
      this.dataTo = scan.textTo;
      this.dataEscaped = scan.escaped;
    } else if (scan.keyIs(TS)) {
      scan.decimal(this.mantissa, this.decimals, 0);
      this.timeFrom = scan.textFrom;
      this.timeTo = scan.textTo;
    } else this.shortText();
  }

  private shortText(): void {
    const { scan } = this;
    const isKind = scan.keyIs(T);
    const isConn = scan.keyIs(CONN);
    const isAddr = scan.keyIs(ADDR);
    const isUrl = scan.keyIs(URL);
    const isExchange = scan.keyIs(EXCHANGE);
    if (!isKind && !isConn && !isAddr && !isUrl && !isExchange) {
      scan.skipValue();
      return;
    }
    if (!scan.string()) return;
    const { textFrom, textTo } = scan;
    if (isKind) {
      this.kindFrom = textFrom;
      this.kindTo = textTo;
    } else if (isConn) {
      this.connFrom = textFrom;
      this.connTo = textTo;
    } else if (isAddr) {
      this.addrFrom = textFrom;
      this.addrTo = textTo;
    } else if (isUrl) {
      this.urlFrom = textFrom;
      this.urlTo = textTo;
    } else {
      this.exchangeFrom = textFrom;
      this.exchangeTo = textTo;
    }
  }

  private text(from: number, to: number): string {
    return Buffer.from(this.bytes.subarray(from, to)).toString('utf8').replaceAll('\\/', '/');
  }

  /** The string's escapes are known to be right. */
  private unescape(): void {
    const { bytes, dataTo } = this;
    if (this.buffer.length < dataTo - this.dataFrom) this.buffer = new Uint8Array(2 * (dataTo - this.dataFrom));
    const out = this.buffer;
    let at = 0;
    let p = this.dataFrom;
    while (p < dataTo) {
      const c = bytes[p++];
      if (c !== BACKSLASH) {
        out[at++] = c;
        continue;
      }
      const letter = bytes[p++];
      if (letter !== 0x75) {
        out[at++] = unescaped(letter);
        continue;
      }
      let code = hex4(bytes, p);
      p += 4;
      const low =
        code >= 0xd800 && code < 0xdc00 && bytes[p] === BACKSLASH && bytes[p + 1] === 0x75 ? hex4(bytes, p + 2) : 0;
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
      }
      at = putUtf8(out, at, code);
    }
    this.frameBytes = out;
    this.frameFrom = 0;
    this.frameTo = at;
  }

  /** Rare, so it may allocate. */
  private binaryFrame(): boolean {
    const text = this.text(this.dataFrom, this.dataTo);
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new FrameError(this.dataFrom, 'b64 is not base64');
    const plain = unpack(Buffer.from(text, 'base64'));
    if (plain === null) return false;
    this.frameBytes = plain;
    this.frameFrom = 0;
    this.frameTo = plain.length;
    return true;
  }
}

/** The bytes as a venue meant them: gzip, zlib or raw deflate unpacked, text as it is; null for anything else. */
function unpack(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length === 0 || bytes[0] === OPEN_BRACE || bytes[0] === OPEN_BRACKET) return bytes;
  const limit = { maxOutputLength: MAX_LINE_BYTES };
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes, limit);
    if ((bytes[0] & 0x0f) === 8 && ((bytes[0] << 8) | bytes[1]) % 31 === 0) return inflateSync(bytes, limit);
    return inflateRawSync(bytes, limit);
  } catch {
    return null;
  }
}

function unescaped(c: number): number {
  if (c === 0x6e) return 0x0a;
  if (c === 0x74) return 0x09;
  if (c === 0x72) return 0x0d;
  if (c === 0x62) return 0x08;
  if (c === 0x66) return 0x0c;
  return c; // " \ /
}

function hex4(bytes: Uint8Array, p: number): number {
  return (
    (hexDigit(bytes[p]) << 12) | (hexDigit(bytes[p + 1]) << 8) | (hexDigit(bytes[p + 2]) << 4) | hexDigit(bytes[p + 3])
  );
}

/** A surrogate without its partner has no UTF-8: it becomes U+FFFD. */
function putUtf8(out: Uint8Array, at: number, code: number): number {
  if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
  if (code < 0x80) out[at++] = code;
  else if (code < 0x800) {
    out[at++] = 0xc0 | (code >> 6);
    out[at++] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    out[at++] = 0xe0 | (code >> 12);
    out[at++] = 0x80 | ((code >> 6) & 0x3f);
    out[at++] = 0x80 | (code & 0x3f);
  } else {
    out[at++] = 0xf0 | (code >> 18);
    out[at++] = 0x80 | ((code >> 12) & 0x3f);
    out[at++] = 0x80 | ((code >> 6) & 0x3f);
    out[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}
