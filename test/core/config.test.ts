import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson, parseIdentity, type RunIdentity } from '../../src/config.ts';

const identity: RunIdentity = {
  format: 'itch50',
  sessionMidnightNs: '1580360400000000000',
  symbols: ['AAPL'],
  seed: 7,
  trading: null,
};

test("a run's identity is written in one way and read back", () => {
  const json = canonicalJson({
    trading: null,
    seed: 7,
    symbols: ['AAPL'],
    sessionMidnightNs: '1580360400000000000',
    format: 'itch50',
  });
  assert.equal(json, canonicalJson(identity));
  assert.deepEqual(parseIdentity(json), identity);
});

test('an identity with an unknown key or a wrong value is refused, by name', () => {
  const wrong: [object, RegExp][] = [
    [{ ...identity, extra: 1 }, /unknown key, extra/],
    [{ ...identity, seed: 0.5 }, /seed/],
    [{ ...identity, sessionMidnightNs: 5 }, /sessionMidnightNs/],
    [{ ...identity, sessionMidnightNs: 'noon' }, /sessionMidnightNs/],
    [{ ...identity, symbols: [1] }, /symbols/],
    [[], /lacks format/],
  ];
  for (const [value, reason] of wrong) assert.throws(() => parseIdentity(JSON.stringify(value)), reason);
});
