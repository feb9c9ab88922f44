import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Side } from '../../src/core/event.ts';
import {
  MAX_DECIMALS,
  MAX_MANTISSA,
  parseDecimal,
  roomForDecimals,
  significantDecimals,
} from '../../src/feed/text/decimal.ts';
import { JsonScanner } from '../../src/feed/text/json-scan.ts';
import { scanLevels } from '../../src/feed/text/level-scan.ts';
import { Rows } from '../../src/feed/text/rows.ts';
import { decimalText, plainDecimal, utf8 } from '../support/event-probe.ts';

interface Parsed {
  readonly mantissa: number;
  readonly decimals: number;
}

function parse(text: string): Parsed {
  const bytes = utf8(`9${text}9`);
  return { ...parseDecimal(bytes, 1, bytes.length - 1) };
}

/** Whether the exact value can be held at all: an integer below 2^53 of some unit from 1 to 10^-18. */
function holds(text: string): boolean {
  const plain = plainDecimal(text);
  const digits = plain.replace('-', '').replace('.', '');
  const decimals = plain.includes('.') ? plain.length - plain.indexOf('.') - 1 : 0;
  return decimals <= MAX_DECIMALS && BigInt(digits) <= BigInt(MAX_MANTISSA);
}

const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
const number = fc
  .tuple(fc.constantFrom('', '-'), digits(19), fc.option(digits(22)), fc.option(fc.integer({ min: -25, max: 25 })))
  .map(([sign, whole, fraction, exponent]) => {
    return `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`;
  });

test('a decimal is exact, or refused where no unit holds it', () => {
  fc.assert(
    fc.property(number, (text) => {
      const { mantissa, decimals } = parse(text);
      if (!holds(text)) {
        assert.ok(Number.isNaN(mantissa), `${text} gave ${mantissa}`);
        return;
      }
      assert.ok(Number.isSafeInteger(mantissa) && decimals >= 0 && decimals <= MAX_DECIMALS, text);
      assert.equal(decimalText(mantissa, decimals), plainDecimal(text), text);
    }),
    { numRuns: 5000 },
  );
});

test('decimals are kept as written where they fit', () => {
  const written = fc.tuple(fc.integer({ min: 0, max: 99_999_999 }), fc.stringMatching(/^[0-9]{1,7}$/));
  fc.assert(
    fc.property(written, ([whole, fraction]) => {
      assert.deepEqual(parse(`${whole}.${fraction}`), {
        mantissa: Number(`${whole}${fraction}`),
        decimals: fraction.length,
      });
    }),
  );
  assert.deepEqual(parse('1234567890.00000000'), { mantissa: 1234567890000000, decimals: 6 });
  assert.deepEqual(parse('0.00000000'), { mantissa: 0, decimals: 8 });
  assert.deepEqual(parse('1e-7'), { mantissa: 1, decimals: 7 });
  assert.deepEqual(parse('1.50E+3'), { mantissa: 1500, decimals: 0 });
  assert.deepEqual(parse('-0'), { mantissa: 0, decimals: 0 });
  assert.ok(Object.is(parse('-0.0').mantissa, 0));
});

test('what is no number is refused', () => {
  for (const text of [
    '',
    '-',
    '.',
    '.5',
    '5.',
    'NaN',
    'Infinity',
    '1e',
    '1e+',
    'e5',
    '1.2.3',
    '--1',
    '+1',
    ' 1',
    '1 ',
    '0x10',
    '1_0',
  ]) {
    assert.ok(Number.isNaN(parse(text).mantissa), JSON.stringify(text));
  }
});

test('significant decimals and room for decimals agree with exact arithmetic', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: MAX_DECIMALS }), (mantissa, decimals) => {
      const plain = decimalText(mantissa, decimals);
      const needed = plain.includes('.') ? plain.length - plain.indexOf('.') - 1 : 0;
      assert.equal(significantDecimals(mantissa, decimals), needed);
      const room = roomForDecimals(mantissa, decimals);
      const scaled = BigInt(mantissa) * 10n ** BigInt(room - decimals);
      assert.ok(scaled <= BigInt(MAX_MANTISSA));
      assert.ok(room === MAX_DECIMALS || scaled * 10n > BigInt(MAX_MANTISSA));
    }),
  );
});

test('levels scan the same in every spelling: compact, spaced, unquoted, with more elements', () => {
  const level = fc.tuple(number, number);
  const spelling = fc.record({
    space: fc.constantFrom('', ' ', '\n\t'),
    quoted: fc.boolean(),
    more: fc.constantFrom('', ',"0","4"', ',[],7,{}'),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(level, spelling), { maxLength: 12 }), (levels) => {
      const rows = new Rows();
      const text = levels.map(([[price, qty], { space, quoted, more }]) => {
        const spell = (value: string) => (quoted ? `"${value}"` : bare(value));
        return `${space}[${space}${spell(price)}${space},${spell(qty)}${more}${space}]`;
      });
      const bytes = utf8(`[${text.join(',')}]`);
      const scan = new JsonScanner();
      scan.open(bytes, 0, bytes.length);
      rows.clear(bytes);
      scanLevels(scan, rows, Side.Ask);
      scan.finish();
      assert.equal(rows.count, levels.length);
      for (const [i, [[price, qty], { quoted }]] of levels.entries()) {
        const expected = [price, qty].map((value) => (quoted ? value : bare(value)));
        assert.equal(rows.side[i], Side.Ask);
        assert.deepEqual(value(rows.price[i], rows.priceDecimals[i]), expectedValue(expected[0]));
        assert.deepEqual(value(rows.qty[i], rows.qtyDecimals[i]), expectedValue(expected[1]));
        assert.equal(Buffer.from(bytes.subarray(rows.priceFrom[i], rows.priceTo[i])).toString(), expected[0]);
        assert.equal(Buffer.from(bytes.subarray(rows.qtyFrom[i], rows.qtyTo[i])).toString(), expected[1]);
      }
    }),
    { numRuns: 1000 },
  );
});

test('plain levels around the longest that fit are exact or refused', () => {
  const plain = fc
    .tuple(fc.integer({ min: 13, max: 20 }), fc.nat(20), fc.stringMatching(/^[1-9][0-9]{20}$/))
    .map(([length, point, digits]) => {
      const at = point % (length - 1);
      return at === 0 ? digits.slice(0, length) : `${digits.slice(0, at)}.${digits.slice(at, length)}`;
    });
  fc.assert(
    fc.property(plain, plain, (price, qty) => {
      const bytes = utf8(`[["${price}","${qty}"]]`);
      const scan = new JsonScanner();
      const rows = new Rows();
      scan.open(bytes, 0, bytes.length);
      scanLevels(scan, rows, Side.Bid);
      assert.equal(value(rows.price[0], rows.priceDecimals[0]), expectedValue(price));
      assert.equal(value(rows.qty[0], rows.qtyDecimals[0]), expectedValue(qty));
    }),
    { numRuns: 1000 },
  );
});

/** JSON allows no leading zeros outside quotes. */
function bare(text: string): string {
  return text.replace(/^(-?)0+(?=\d)/, '$1');
}

function value(mantissa: number, decimals: number): string {
  return Number.isNaN(mantissa) ? 'NaN' : decimalText(mantissa, decimals);
}

function expectedValue(text: string): string {
  return holds(text) ? plainDecimal(text) : 'NaN';
}
