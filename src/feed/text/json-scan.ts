/**
 * Reads the shapes a venue is known to send out of JSON bytes, without building objects or strings:
 *
 *   scan.open(bytes, from, to);
 *   scan.beginObject();
 *   while (scan.nextKey()) {
 *     if (scan.keyIs(NAME)) scan.string(); else scan.skipValue();
 *   }
 *   scan.finish();
 *
 * Keys and string values are compared as they are written: one written with escapes matches no name.
 */
import { MAX_DECIMALS, parseDecimal } from './decimal.ts';
import { JsonCursor } from './json-cursor.ts';
import type { Literal } from './literal.ts';
import { NumberShape } from './number-shape.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;

/** Bytes of an ASCII name, to compare keys and values with. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

export class JsonScanner extends JsonCursor {
  /** Of the levels that were scanned last. */
  readonly priceShape = new NumberShape();
  readonly qtyShape = new NumberShape();
  /** Cell 0: what `readInteger` found. */
  readonly number = new Float64Array(1);

  /** Passes the text if it stands at the cursor. */
  passes(text: Literal): boolean {
    if (!text.isAt(this.view(), this.pos, this.end)) return false;
    this.pos += text.length;
    return true;
  }

  /** Passes plain text up to a quote, into textFrom..textTo; false, the cursor anywhere, if it has anything to look at. */
  plainText(): boolean {
    const { bytes, end } = this;
    const from = this.pos;
    let p = from;
    let c = bytes[p];
    while (c !== QUOTE && c >= 0x20 && c < 0x80 && c !== BACKSLASH) c = bytes[++p];
    if (c !== QUOTE || p >= end) return false;
    this.textFrom = from;
    this.textTo = p;
    this.pos = p;
    return true;
  }

  /** Reads a plain integer without quotes into target[i]; false, the cursor where it is, if it is something else. */
  plainInteger(target: Float64Array, i: number): boolean {
    const { bytes, end } = this;
    const from = this.pos;
    let p = from;
    let value = 0;
    let digit = bytes[p] - ZERO;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = bytes[++p] - ZERO;
    }
    const digits = p - from;
    if (digits === 0 || digits > 15 || p >= end || (digits > 1 && bytes[from] === ZERO)) return false;
    target[i] = value;
    this.pos = p;
    return true;
  }

  /** Reads true or false; a value of another type is skipped and gives null. */
  boolean(): boolean | null {
    const c = this.peek();
    this.skipValue();
    return c === 0x74 ? true : c === 0x66 ? false : null;
  }

  /**
   * Reads an integer below 2^53, in quotes or not. NaN for anything else (skipped): a fraction, more digits, another
   * type. The text of a string or number stays in textFrom..textTo.
   */
  integer(): number {
    this.integerInto(this.number, 0);
    return this.number[0];
  }

  /** Reads an integer like `integer` into number[0]: a float64 that is returned may be boxed. */
  readInteger(): void {
    this.integerInto(this.number, 0);
  }

  /** Reads an integer like `integer` into target[i]: for hot loops, where a float64 that is returned may be boxed. */
  integerInto(target: Float64Array, i: number): void {
    const bytes = this.bytes;
    const first = this.peek();
    let p = this.pos;
    const quoted = first === QUOTE;
    if (quoted) p++;
    const from = p;
    let value = 0;
    let digit = bytes[p] - ZERO;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      p++;
      digit = bytes[p] - ZERO;
    }
    const digits = p - from;
    const plain = digits > 0 && digits <= 15 && p < this.end && (quoted || digits === 1 || bytes[from] !== ZERO);
    if (plain && (quoted ? bytes[p] === QUOTE : isDelimiter(bytes[p]))) {
      this.textFrom = from;
      this.textTo = p;
      this.pos = quoted ? p + 1 : p;
      target[i] = value;
      return;
    }
    target[i] = Number.NaN;
    if (!this.numberOrString()) return;
    const decimal = parseDecimal(bytes, this.textFrom, this.textTo);
    if (decimal.decimals === 0) target[i] = decimal.mantissa;
  }

  /** Reads an integer like `integer`; 0 for anything but a positive one (an id that is left out, or is no number). */
  idOrZero(): number {
    this.idInto(this.number, 0);
    return this.number[0];
  }

  /** The same into target[i]. */
  idInto(target: Float64Array, i: number): void {
    this.integerInto(target, i);
    if (!(target[i] > 0)) target[i] = 0;
  }

  /**
   * Reads a decimal, in quotes or not, into mantissas[i] and decimals[i]. Text in quotes that is no number, or one that
   * does not fit, gives the mantissa NaN. A value of another type is an error.
   */
  decimal(mantissas: Float64Array, decimals: Uint8Array, i: number): void {
    const bytes = this.bytes;
    let p = this.pos;
    let c = bytes[p];
    if (p >= this.end || c <= 0x20) {
      c = this.peek();
      p = this.pos;
    }
    const quoted = c === QUOTE;
    if (quoted) p++;
    const from = p;
    const negative = bytes[p] === MINUS;
    if (negative) p++;
    const first = p;
    let value = 0;
    let digit = bytes[p] - ZERO;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      p++;
      digit = bytes[p] - ZERO;
    }
    const whole = p - first;
    let fraction = 0;
    if (bytes[p] === POINT) {
      const point = p++;
      digit = bytes[p] - ZERO;
      while (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        p++;
        digit = bytes[p] - ZERO;
      }
      fraction = p - point - 1;
      if (fraction === 0) fraction = MAX_DECIMALS + 1; // "5." is no number
    }
    // Up to 15 digits can't pass 2^53.
    const plain = whole > 0 && whole + fraction <= 15 && p < this.end;
    if (plain && (quoted ? bytes[p] === QUOTE : isDelimiter(bytes[p]) && (whole === 1 || bytes[first] !== ZERO))) {
      mantissas[i] = negative && value !== 0 ? -value : value;
      decimals[i] = fraction;
      this.textFrom = from;
      this.textTo = p;
      this.pos = quoted ? p + 1 : p;
      return;
    }
    if (!this.numberOrString()) this.misfit('a number is expected');
    const decimal = parseDecimal(bytes, this.textFrom, this.textTo);
    mantissas[i] = decimal.mantissa;
    decimals[i] = decimal.decimals;
  }
}

/** What may stand after a number without quotes: , ] } or white space. */
function isDelimiter(c: number): boolean {
  return (
    c === COMMA || c === CLOSE_BRACKET || c === CLOSE_BRACE || c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09
  );
}
