import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RejectCode } from '../../src/core/order.ts';
import { RiskRound } from '../support/risk-rounds.ts';

test('random trading under random limits: every verdict is that of the naive model', () => {
  const verdicts = new Map<number, number>();
  let checks = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const round = new RiskRound(seed);
    round.run(80);
    checks += round.checks;
    for (const [code, count] of round.verdicts) verdicts.set(code, (verdicts.get(code) ?? 0) + count);
  }
  assert.ok(checks >= 960);
  assert.ok((verdicts.get(RejectCode.None) ?? 0) > 100, 'some are accepted');
  assert.ok(verdicts.size > 20, `${verdicts.size} different verdicts`);
});

test('a request that passes all checks at once has the figures that the checks one by one leave, bit for bit', () => {
  let passed = 0;
  for (let seed = 100; seed < 112; seed++) {
    const atOnce = new RiskRound(seed);
    const oneByOne = new RiskRound(seed, false);
    atOnce.run(80);
    oneByOne.run(80);
    // As bits: -0 is not 0 in a record.
    const bits = ({ transcript }: RiskRound): BigUint64Array =>
      new BigUint64Array(Float64Array.from(transcript).buffer);
    assert.deepEqual(bits(atOnce), bits(oneByOne), `seed ${seed}`);
    assert.equal(oneByOne.passedAtOnce, 0);
    passed += atOnce.passedAtOnce;
  }
  assert.ok(passed > 100, `${passed} passed at once`);
});
