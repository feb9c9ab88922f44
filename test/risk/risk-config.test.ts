import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRiskConfig, unknownName } from '../../src/risk/risk-config.ts';

function problem(value: unknown): string {
  try {
    parseRiskConfig(value, 'risk.json');
  } catch (error) {
    const { message } = error as Error;
    assert.ok(!message.includes('\n'), 'one line');
    return message;
  }
  return 'none';
}

test('a configuration that makes no sense says where, what, and what would', () => {
  for (const [value, want] of [
    [{ engin: {} }, /^risk\.json: unknown key engin: expected warnPercent, /],
    [
      { strategy: { maxLoss: -5 } },
      /^risk\.json: strategy\.maxLoss: "-5" is not allowed: expected an amount of money, above 0/,
    ],
    [{ strategy: { maxLoss: 'much' } }, /strategy\.maxLoss: "much" is not allowed/],
    [{ strategy: { maxLoss: '0.0000001' } }, /with at most 6 decimals/],
    [{ strategy: { maxLoss: '1e3' } }, /is not allowed/],
    [{ strategy: { maxLoss: Number.NaN } }, /is not allowed/],
    [{ strategy: { maxLoss: 1e21 } }, /at most 9000000000/],
    [{ engine: { collarPercent: 0 } }, /engine\.collarPercent: .*above 0/],
    [
      { engine: { collarTicks: 0 } },
      /engine\.collarTicks: 0 is not allowed: expected a number of ticks, a whole number from 1/,
    ],
    [{ warnPercent: 101 }, /warnPercent: 101 is not allowed: expected a percentage, a whole number from 1 to 100/],
    [{ mark: 'last' }, /mark: "last" is not allowed: expected one of mid, microprice/],
    [
      { strategies: { mm: { messageRate: { max: 0, perMs: 1000 } } } },
      /strategies\.mm\.messageRate\.max: 0 is not allowed/,
    ],
    [{ strategies: { mm: { messageRate: 5 } } }, /strategies\.mm\.messageRate: 5 is not allowed: expected an object/],
    [
      { strategies: { mm: { sides: ['hold'] } } },
      /strategies\.mm\.sides\.0: "hold" is not allowed: expected one of buy, sell/,
    ],
    [
      { instruments: { X: { engine: { maxGross: 1 } } } },
      /instruments\.X\.engine: unknown key maxGross: expected maxLong, maxShort/,
    ],
    [{ account: { selfTrade: 'maybe' } }, /account\.selfTrade/],
    [{ restricted: 'X' }, /restricted: "X" is not allowed: expected a list of names/],
    [null, /null is not allowed: expected an object/],
    [[], /is not allowed: expected an object/],
  ] as const) {
    assert.match(problem(value), want);
  }
});

test('decimals may be numbers or strings, defaults are filled in, null is no limit', () => {
  const config = parseRiskConfig({ strategy: { maxQty: 1.5, maxLoss: '100', maxNet: null } }, 'x');
  assert.equal(config.strategy.maxQty, '1.5');
  assert.equal(config.strategy.maxLoss, '100');
  assert.equal(config.strategy.maxNet, null);
  assert.deepEqual([config.warnPercent, config.mark, config.collarAgainst], [70, 'mid', 'mid']);
  assert.deepEqual(parseRiskConfig(JSON.parse(JSON.stringify(config)), 'x'), config, 'what is written can be read');
});

test('limits of whom there is not are found', () => {
  const config = parseRiskConfig({ strategies: { mm: {} }, accounts: { main: {} } }, 'x');
  assert.equal(unknownName(config, ['main'], ['mm']), null);
  assert.equal(unknownName(config, ['main'], ['taker']), 'strategies.mm: there is no such name: expected taker');
});
