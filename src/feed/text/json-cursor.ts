/**
 * A cursor over one JSON text in bytes: its structure, keys and strings. It accepts exactly what `JSON.parse` accepts of
 * valid UTF-8 (nesting up to MAX_DEPTH): everything the cursor passes over is checked, including values nobody wants.
 * `JsonScanner` (json-scan.ts) adds the reading of values.
 */
import { hexDigit, isEscape, utf8Length } from './json-text.ts';

/** Nesting deeper than this is refused: no venue's message needs more than 8. */
const MAX_DEPTH = 256;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The text is not what it must be, at byte `at` of the scanned bytes. The file's reader turns it into TapeheadError. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly at: number;

  constructor(at: number, what: string) {
    super(what);
    this.at = at;
  }
}

export class JsonCursor {
  bytes: Uint8Array = new Uint8Array(0);
  /** The next byte to look at. */
  pos = 0;
  /** End of the text. */
  end = 0;
  /** The last key, without its quotes. */
  keyFrom = 0;
  keyTo = 0;
  /** The last string (without quotes) or number read as text. */
  textFrom = 0;
  textTo = 0;
  /** The last string holds a backslash escape. */
  escaped = false;
  private fresh = false;
  private viewed: Uint8Array | null = null;
  private wordView: DataView = new DataView(new ArrayBuffer(0));
  private readonly closers = new Uint8Array(MAX_DEPTH);

  open(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes;
    this.pos = from;
    this.end = to;
    this.fresh = false;
  }

  /** The bytes at hand by word. A new one for every new array: who reads frames keeps them in one. */
  view(): DataView {
    if (this.viewed !== this.bytes) {
      const { buffer, byteOffset, byteLength } = this.bytes;
      this.wordView = new DataView(buffer, byteOffset, byteLength);
      this.viewed = this.bytes;
    }
    return this.wordView;
  }

  /** First byte of what comes next, white space skipped; 0 at the end. */
  peek(): number {
    const bytes = this.bytes;
    let p = this.pos;
    while (p < this.end) {
      const c = bytes[p];
      if (c > 0x20) {
        this.pos = p;
        return c;
      }
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
      p++;
    }
    this.pos = p;
    return 0;
  }

  /** Nothing may follow but white space. */
  finish(): void {
    if (this.peek() !== 0 || this.pos < this.end) this.fail('text after the end of the JSON value');
  }

  beginObject(): void {
    if (this.peek() !== OPEN_BRACE) this.fail('an object { is expected');
    this.pos++;
    this.fresh = true;
  }

  /** Goes to the value of the next key of the object; false at its end. The value must be read or skipped. */
  nextKey(): boolean {
    if (this.plainKey()) return true;
    let c = this.peek();
    if (c === CLOSE_BRACE) {
      this.pos++;
      this.fresh = false;
      return false;
    }
    if (this.fresh) this.fresh = false;
    else {
      if (c !== COMMA) this.fail('a comma or } is expected');
      this.pos++;
      c = this.peek();
    }
    if (c !== QUOTE) this.fail('a key in quotes is expected');
    this.scanString();
    this.keyFrom = this.textFrom;
    this.keyTo = this.textTo;
    if (this.peek() !== COLON) this.fail('a colon is expected');
    this.pos++;
    return true;
  }

  /** Passes `"key":` in front of the cursor, or `,"key":`, without white space and escapes; else it stays where it is. */
  private plainKey(): boolean {
    const { bytes, end, fresh } = this;
    let p = this.pos;
    if (!fresh && bytes[p++] !== COMMA) return false;
    if (p >= end || bytes[p++] !== QUOTE) return false;
    const from = p;
    let c = bytes[p];
    while (c !== QUOTE && c >= 0x20 && c < 0x80 && c !== BACKSLASH) c = bytes[++p];
    if (p + 1 >= end || c !== QUOTE || bytes[p + 1] !== COLON) return false;
    this.fresh = false;
    this.keyFrom = from;
    this.keyTo = p;
    this.pos = p + 2;
    return true;
  }

  beginArray(): void {
    if (this.peek() !== OPEN_BRACKET) this.fail('an array [ is expected');
    this.pos++;
    this.fresh = true;
  }

  /** Goes to the next element of the array; false at its end. The element must be read or skipped. */
  nextItem(): boolean {
    const c = this.peek();
    if (c === CLOSE_BRACKET) {
      this.pos++;
      this.fresh = false;
      return false;
    }
    if (this.fresh) this.fresh = false;
    else {
      if (c !== COMMA) this.fail('a comma or ] is expected');
      this.pos++;
      if (this.peek() === CLOSE_BRACKET) this.fail('a value is expected');
    }
    return true;
  }

  /** The last key's only byte, or 0 if it is not one byte long. */
  keyByte(): number {
    return this.keyTo - this.keyFrom === 1 ? this.bytes[this.keyFrom] : 0;
  }

  keyIs(name: Uint8Array): boolean {
    return this.rangeIs(this.keyFrom, this.keyTo, name);
  }

  textIs(name: Uint8Array): boolean {
    return this.rangeIs(this.textFrom, this.textTo, name);
  }

  rangeIs(from: number, to: number, name: Uint8Array): boolean {
    if (to - from !== name.length) return false;
    const bytes = this.bytes;
    for (let i = 0; i < name.length; i++) if (bytes[from + i] !== name[i]) return false;
    return true;
  }

  /** Reads a string into textFrom..textTo; a value of another type is skipped and gives false. */
  string(): boolean {
    if (this.peek() !== QUOTE) {
      this.skipValue();
      return false;
    }
    this.scanString();
    return true;
  }

  /** Checks and passes over a value of any type. */
  skipValue(): void {
    const first = this.peek();
    if (first === OPEN_BRACE || first === OPEN_BRACKET) this.skipNested();
    else this.skipScalar(first);
  }

  private skipNested(): void {
    const closers = this.closers;
    let depth = 0;
    for (;;) {
      const c = this.peek();
      if (c === OPEN_BRACE || c === OPEN_BRACKET) {
        if (depth === MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH}`);
        this.pos++;
        const closer = c + 2; // ASCII: [ and ], { and } are two apart
        if (this.peek() === closer) this.pos++;
        else {
          closers[depth++] = closer;
          if (closer === CLOSE_BRACE) this.skipKey();
          continue;
        }
      } else this.skipScalar(c);

      // A value is complete: close what it completes, or go to the next one.
      for (;;) {
        if (depth === 0) return;
        const closer = closers[depth - 1];
        const next = this.peek();
        if (next === closer) {
          this.pos++;
          depth--;
          continue;
        }
        if (next !== COMMA) this.fail(closer === CLOSE_BRACE ? 'a comma or } is expected' : 'a comma or ] is expected');
        this.pos++;
        if (closer === CLOSE_BRACE) this.skipKey();
        break;
      }
    }
  }

  /** What was read is JSON, but not what the venue sends. */
  misfit(what: string): never {
    throw new FrameError(Math.min(this.pos, this.end), what);
  }

  private fail(what: string): never {
    throw new FrameError(
      Math.min(this.pos, this.end),
      this.pos >= this.end ? 'the text ends inside a JSON value' : what,
    );
  }

  private skipKey(): void {
    if (this.peek() !== QUOTE) this.fail('a key in quotes is expected');
    this.scanString();
    if (this.peek() !== COLON) this.fail('a colon is expected');
    this.pos++;
  }

  private skipScalar(c: number): void {
    if (c === QUOTE) this.scanString();
    else if (c === MINUS || (c >= ZERO && c <= ZERO + 9)) this.scanNumber();
    else if (c === 0x74) this.word('true');
    else if (c === 0x66) this.word('false');
    else if (c === 0x6e) this.word('null');
    else this.fail('a JSON value is expected');
  }

  /** Text of a string or number; a value of another type is skipped and gives false. */
  protected numberOrString(): boolean {
    const c = this.peek();
    if (c === QUOTE) {
      this.scanString();
      return true;
    }
    if (c === MINUS || (c >= ZERO && c <= ZERO + 9)) {
      this.scanNumber();
      return true;
    }
    this.skipValue();
    return false;
  }

  private word(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.pos + i >= this.end || this.bytes[this.pos + i] !== word.charCodeAt(i)) {
        this.pos += i;
        this.fail('a JSON value is expected');
      }
    }
    this.pos += word.length;
  }

  /** -?(0|[1-9]digits)(.digits)?([eE][+-]?digits)? */
  private scanNumber(): void {
    const from = this.pos;
    if (this.bytes[this.pos] === MINUS) this.pos++;
    if (this.byteAt(this.pos) === ZERO) this.pos++;
    else this.digits();
    if (this.byteAt(this.pos) === POINT) {
      this.pos++;
      this.digits();
    }
    if ((this.byteAt(this.pos) | 0x20) === 0x65) {
      this.pos++;
      const sign = this.byteAt(this.pos);
      if (sign === MINUS || sign === 0x2b) this.pos++;
      this.digits();
    }
    this.textFrom = from;
    this.textTo = this.pos;
  }

  /** One digit or more. */
  private digits(): void {
    const { bytes, end, pos } = this;
    let p = pos;
    while (p < end && bytes[p] >= ZERO && bytes[p] <= ZERO + 9) p++;
    this.pos = p;
    if (p === pos) this.fail('a digit is expected');
  }

  private byteAt(p: number): number {
    return p < this.end ? this.bytes[p] : 0;
  }

  private scanString(): void {
    const bytes = this.bytes;
    const end = this.end;
    let p = this.pos + 1;
    this.textFrom = p;
    this.escaped = false;
    while (p < end) {
      const c = bytes[p];
      if (c === QUOTE) {
        this.textTo = p;
        this.pos = p + 1;
        return;
      }
      if (c >= 0x20 && c < 0x80 && c !== BACKSLASH) p++;
      else if (c >= 0x80) p += this.sequenceLength(p);
      else if (c === BACKSLASH) {
        this.escaped = true;
        p += this.escapeLength(p);
      } else {
        this.pos = p;
        this.fail('a control character inside a string');
      }
    }
    this.pos = end;
    this.fail('');
  }

  /** Bytes of the escape at `p`. */
  private escapeLength(p: number): number {
    const c = this.byteAt(p + 1);
    if (c === 0x75) {
      for (let i = 2; i < 6; i++) {
        if (hexDigit(this.byteAt(p + i)) < 0) {
          this.pos = p + i;
          this.fail('four hex digits are expected after \\u');
        }
      }
      return 6;
    }
    if (!isEscape(c)) {
      this.pos = p + 1;
      this.fail('no such escape');
    }
    return 2;
  }

  private sequenceLength(p: number): number {
    const length = utf8Length(this.bytes, p, this.end);
    if (length === 0) {
      this.pos = p;
      this.fail('invalid UTF-8');
    }
    return length;
  }
}
