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
