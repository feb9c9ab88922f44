import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Side } from '../../src/core/event.ts';
import { Prng } from '../../src/core/prng.ts';
import { MAX_DECIMALS, MAX_MANTISSA } from '../../src/feed/text/decimal.ts';
import { asDigits, fourDigits, noDigits } from '../../src/feed/text/digits.ts';
import { FrameError } from '../../src/feed/text/json-cursor.ts';
import { JsonScanner } from '../../src/feed/text/json-scan.ts';
import { scanLevels } from '../../src/feed/text/level-scan.ts';
import { Rows } from '../../src/feed/text/rows.ts';
import { decimalText, plainDecimal, utf8 } from '../support/event-probe.ts';

/** Slow and exact: what a level's text is worth, or NaN. */
function worth(text: string): string {
  if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return 'NaN';
  const plain = plainDecimal(text);
  const decimals = plain.includes('.') ? plain.length - plain.indexOf('.') - 1 : 0;
  const fits = decimals <= MAX_DECIMALS && BigInt(plain.replace(/[-.]/g, '')) <= BigInt(MAX_MANTISSA);
  return fits ? plain : 'NaN';
}

/** Levels as JSON.parse sees them; null: not JSON, or not levels of two texts. */
function reference(text: string): [string, string][] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  const isLevel = (level: unknown): level is [string, string] =>
    Array.isArray(level) && level.length >= 2 && typeof level[0] === 'string' && typeof level[1] === 'string';
  return Array.isArray(parsed) && parsed.every(isLevel) ? parsed : null;
}

/** The scanner keeps shapes from text to text, as it does from frame to frame. */
class Subject {
  readonly rows = new Rows();
  private readonly scan = new JsonScanner();

  /** Scans `text` in the middle of other bytes, which look like more of the same; false if it was refused. */
  accepts(text: string, before: number): boolean {
    const bytes = utf8(`${'9'.repeat(before)}${text}"],["1.23456789","1.23456789"],["1.23456789"`);
    const to = before + utf8(text).length;
    const { scan, rows } = this;
    scan.open(bytes, before, to);
    rows.clear(bytes);
    try {
      scanLevels(scan, rows, Side.Bid);
      scan.finish();
    } catch (error) {
      assert.ok(error instanceof FrameError, String(error));
      assert.ok(error.at >= before && error.at <= to, `at ${error.at}, not in ${before}..${to}`);
      return false;
    }
    return true;
  }
}

function compare(subject: Subject, text: string, before: number, what: string): 'levels' | 'refused' | 'other' {
  const expected = reference(text);
  const accepted = subject.accepts(text, before);
  if (expected === null) {
    let isJson = true;
    try {
      JSON.parse(text);
    } catch {
      isJson = false;
    }
    assert.ok(isJson || !accepted, `${what}: no JSON, and accepted`);
    return accepted ? 'other' : 'refused';
  }
  assert.ok(accepted, `${what}: refused`);
  const { rows } = subject;
  assert.equal(rows.count, expected.length, what);
  for (const [i, [price, qty]] of expected.entries()) {
    const value = (mantissa: number, decimals: number): string =>
      Number.isNaN(mantissa) ? 'NaN' : decimalText(mantissa, decimals);
    const textAt = (from: number, to: number): string => Buffer.from(rows.bytes.subarray(from, to)).toString();
    assert.equal(value(rows.price[i], rows.priceDecimals[i]), worth(price), `${what}, price ${i}`);
    assert.equal(value(rows.qty[i], rows.qtyDecimals[i]), worth(qty), `${what}, quantity ${i}`);
    assert.equal(textAt(rows.priceFrom[i], rows.priceTo[i]), price, what);
    assert.equal(textAt(rows.qtyFrom[i], rows.qtyTo[i]), qty, what);
    assert.equal(rows.side[i], Side.Bid);
  }
  return 'levels';
}

function digits(random: Prng, count: number): string {
  return Array.from({ length: count }, () => random.below(10)).join('');
}

/** Levels of one shape, but for every tenth. */
function levelsText(random: Prng): string {
  const shape = (): [number, number] => [1 + random.below(9), random.below(10)];
  const number = ([whole, places]: [number, number]): string =>
    `${1 + random.below(9)}${digits(random, whole - 1)}${places === 0 ? '' : `.${digits(random, places)}`}`;
  const price = shape();
  const qty = shape();
  const levels = Array.from({ length: random.below(24) }, () => {
    const odd = random.below(10) === 0;
    return `["${number(odd ? shape() : price)}","${number(odd ? shape() : qty)}"]`;
  });
  return `[${levels.join(',')}]`;
}

function seedOf(t: TestContext, seed: number): Prng {
  t.diagnostic(`seed ${seed}`);
  return new Prng(seed);
}

test('levels of every shape are what JSON.parse and exact decimals make of them', (t) => {
  const random = seedOf(t, 20_261_122);
  const subject = new Subject();
  for (let round = 0; round < 1_500; round++) {
    const text = levelsText(random);
    assert.equal(compare(subject, text, random.below(5), `round ${round}: ${text}`), 'levels');
  }
});

test('of damaged levels those are accepted that are JSON, with the same values', (t) => {
  const random = seedOf(t, 7);
  const alphabet = '[]",.0123456789- :/a';
  const subject = new Subject();
  const seen = { levels: 0, refused: 0, other: 0 };
  for (let round = 0; round < 1_500; round++) {
    let text = levelsText(random);
    subject.accepts(text, 0); // learns the shape that the damaged text comes close to
    for (let edits = 1 + random.below(2); edits > 0; edits--) {
      const at = random.below(text.length);
      const letter = alphabet[random.below(alphabet.length)];
      const how = random.below(4);
      if (how === 3) text = text.slice(0, at);
      else text = text.slice(0, at) + (how === 0 ? '' : letter) + text.slice(at + (how === 2 ? 0 : 1));
    }
    seen[compare(subject, text, random.below(5), `round ${round}: ${text}`)]++;
  }
  assert.ok(seen.levels > 100 && seen.refused > 100, JSON.stringify(seen));
});

test('four bytes are digits exactly when each of them is, and have their value', () => {
  const word = (bytes: readonly number[]): number => new DataView(Uint8Array.from(bytes).buffer).getInt32(0, true);
  for (let place = 0; place < 4; place++) {
    for (let byte = 0; byte < 256; byte++) {
      const bytes = [0x39, 0x30, 0x35, 0x38];
      bytes[place] = byte;
      const isDigit = byte >= 0x30 && byte <= 0x39;
      assert.equal(noDigits(asDigits(word(bytes))) === 0, isDigit, `byte ${byte} at ${place}`);
      if (isDigit) assert.equal(fourDigits(asDigits(word(bytes))), Number(String.fromCharCode(...bytes)));
    }
  }
});
