import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sessionBase, utcMidnight } from '../../src/core/time.ts';
import { SessionTimes } from '../../src/feed/text/times.ts';
import { utf8 } from '../support/event-probe.ts';

const BASE = utcMidnight(1723161253937085768n);
const times = new SessionTimes(sessionBase(BASE));

const epochNs = fc.bigInt({ min: BASE - 86_400_000_000_000n, max: BASE + 50n * 86_400_000_000_000n });

function bytes(text: string): [Uint8Array, number, number] {
  const padded = utf8(`7${text}7`);
  return [padded, 1, padded.length - 1];
}

test('receive times in ns, microseconds and ms are exact', () => {
  fc.assert(
    fc.property(epochNs, (ns) => {
      assert.equal(BigInt(times.digits(...bytes(String(ns)))), ns - BASE);
      assert.equal(BigInt(times.digits(...bytes(String(ns / 1000n)))), (ns / 1000n) * 1000n - BASE);
      assert.equal(BigInt(times.digits(...bytes(String(ns / 1_000_000n)))), (ns / 1_000_000n) * 1_000_000n - BASE);
      assert.equal(BigInt(times.millis(Number(ns / 1_000_000n))), (ns / 1_000_000n) * 1_000_000n - BASE);
      const cells = Float64Array.of(0, Number(ns / 1_000_000n));
      times.fromMillis(cells, 1);
      assert.equal(BigInt(cells[1]), (ns / 1_000_000n) * 1_000_000n - BASE);
    }),
  );
});

test('seconds with a fraction and ISO times are exact to the ns', () => {
  fc.assert(
    fc.property(epochNs, fc.integer({ min: 0, max: 9 }), (ns, places) => {
      const whole = ns / 1_000_000_000n;
      const fraction = String(ns % 1_000_000_000n)
        .padStart(9, '0')
        .slice(0, places);
      const expected = whole * 1_000_000_000n + BigInt(fraction.padEnd(9, '0')) - BASE;
      const point = places === 0 ? '' : `.${fraction}`;
      assert.equal(BigInt(times.seconds(...bytes(`${whole}${point}`))), expected);
      const iso = new Date(Number(whole) * 1000).toISOString().slice(0, 19);
      for (const zone of ['Z', 'z', '+00:00', '']) {
        assert.equal(BigInt(times.iso(...bytes(`${iso}${point}${zone}`))), expected);
      }
    }),
  );
});

test('ISO dates of any year are the calendar’s', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_000_000_000, max: 253_000_000_000 }), (seconds) => {
      const there = new SessionTimes(sessionBase((BigInt(seconds) - 77n) * 1_000_000_000n));
      const iso = new Date(seconds * 1000).toISOString().slice(0, 19);
      assert.equal(there.iso(...bytes(`${iso}Z`)), 77e9, iso);
    }),
  );
});

test('digits behind the ninth decimal are dropped', () => {
  assert.equal(times.seconds(...bytes('1723161253.9370857689')), times.seconds(...bytes('1723161253.937085768')));
});

test('what is no time, or too far away to be exact, is NaN', () => {
  for (const text of ['', '12', '1723161253', '17231612539370857680', '172316125393708576x', '-723161253937085768']) {
    assert.ok(Number.isNaN(times.digits(...bytes(text))), text);
  }
  for (const text of ['', '.5', '17a', '1723161253.', '1723161253.1x', '1e9', '1234567890123', '1']) {
    assert.ok(Number.isNaN(times.seconds(...bytes(text))), text);
  }
  const isos = [
    '',
    '2024-08-09',
    '2024-13-09T00:00:00Z',
    '2024-08-09T00:00:00+02:00',
    '2024-08-09T00:00:00.Z',
    '2024/08/09T00:00:00Z',
  ];
  for (const text of [...isos, '1970-01-01T00:00:00Z', '2024-08-09T00:00:00.12.3Z', 'XXXX-08-09T00:00:00Z']) {
    assert.ok(Number.isNaN(times.iso(...bytes(text))), text);
  }
  assert.ok(Number.isNaN(times.millis(Number.NaN)));
  assert.ok(Number.isNaN(times.millis(0)));
});
