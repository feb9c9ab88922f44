/**
 * The order manager against its naive twin over `EVENTS` seeded events (10 million): every column, outcome and call to the
 * listener after each of them, orders, position and cash conserved, no parent exceeded. In the end every transition of the
 * table must have been taken, and every pair that is not in it refused.
 */
import assert from 'node:assert/strict';
import { OrdStatus } from '../../src/core/order.ts';
import { OMS_OUTCOME_TEXT } from '../../src/core/record.ts';
import { mayHappen, ORDER_ACTS, ORDER_LIFE, OrderAct, pairText } from '../../src/oms/transitions.ts';
import { OMS_PROFILES } from '../support/oms-profiles.ts';
import { OmsCoverage, runOmsTwins } from '../support/oms-twins.ts';

const EVENTS = Number(process.env.EVENTS ?? 10_000_000);
/** A new market every so many events; every hundredth is ten times as long, so that tables grow. */
const ROUND = 4_000;

const firstSeed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
const coverage = new OmsCoverage();
let rounds = 0;
console.log(`seed ${firstSeed}`);
while (coverage.events < EVENTS) {
  const events = rounds % 100 === 99 ? ROUND * 10 : ROUND;
  runOmsTwins(firstSeed + rounds, OMS_PROFILES[rounds % OMS_PROFILES.length], events, coverage);
  rounds++;
}

let transitions = 0;
for (const [status, acts] of Object.entries(ORDER_LIFE)) {
  for (const [act, following] of Object.entries(acts)) {
    const at = OrdStatus[status as keyof typeof OrdStatus] * ORDER_ACTS + OrderAct[act as keyof typeof OrderAct];
    for (const next of following) {
      const wasTaken = (coverage.taken[at] & (1 << OrdStatus[next])) !== 0;
      assert.ok(wasTaken, `${act} while ${status}, to ${next}, was never taken`);
      transitions++;
    }
  }
}
let refusals = 0;
for (let status: number = OrdStatus.PendingNew; status <= OrdStatus.Expired; status++) {
  for (let act: number = OrderAct.PendingNew; act <= OrderAct.Restated; act++) {
    if (mayHappen(status, act)) continue;
    assert.equal(coverage.refused[status * ORDER_ACTS + act], 1, `${pairText(status, act)} was never refused`);
    refusals++;
  }
}
const outcomes = OMS_OUTCOME_TEXT.slice(0, 5).map((text, i) => `${coverage.outcomes[i]} ${text}`);
console.log(
  `${coverage.events} events in ${rounds} markets, order manager and naive twin equal after each (reports: ${outcomes.join(', ')}); ` +
    `all ${transitions} transitions taken, all ${refusals} pairs outside of the table refused`,
);
