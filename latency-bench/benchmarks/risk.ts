/** All pre-trade checks of one order, every limit in force: ns per order. */
import { monotonicNs } from '../../src/core/clock.ts';
import { RejectCode } from '../../src/core/order.ts';
import { type BenchContext, type Benchmark, type BenchResult, check, type Figure, type Goal } from '../benchmark.ts';
import { type Requests, RiskScene } from '../risk-scene.ts';

const ROUNDS = 7;
const REQUESTS = 200_000;
const SMOKE_REQUESTS = 2_000;
/** What all checks of one order may take. */
const LIMIT_NS = 250;
/** Session time between two requests. */
const STEP_NS = 1_000_000;

export const benchmark: Benchmark = {
  name: 'risk',
  summary: 'all pre-trade checks of an order or a replace, every limit in force, 1 to 1,000 instruments',
  run,
};

interface Case {
  readonly name: string;
  readonly key: string;
  readonly instruments: number;
  readonly openOrders: number;
  readonly isReplace: boolean;
}

const CASES: readonly Case[] = [
  { name: 'new order, 1 instrument, 10 open orders', key: 'new', instruments: 1, openOrders: 10, isReplace: false },
  { name: 'new order, 1,000 instruments', key: 'newMany', instruments: 1000, openOrders: 4000, isReplace: false },
  { name: 'replace, 1 instrument, 10 open orders', key: 'replace', instruments: 1, openOrders: 10, isReplace: true },
];

async function run(context: BenchContext): Promise<BenchResult> {
  const figures: Figure[] = [];
  const notes: string[] = [];
  const details: Record<string, number> = {};
  for (const one of CASES) {
    const runs = measure(context, one, notes);
    figures.push({ name: one.name, unit: 'ns/order', better: 'lower', runs });
    details[`${one.key}NsPerOrder`] = Math.min(...runs);
    context.progress(`${one.name}: ${Math.min(...runs)} ns/order`);
  }
  const goals = figures.map(({ name, runs }): Goal => {
    return { name, value: Math.min(...runs), unit: 'ns/order', limit: LIMIT_NS, better: 'lower' };
  });
  return { figures, latencies: [], goals, notes, topology: 'one thread', details };
}

/** Ns per order of each round; the first one warms up. */
function measure(context: BenchContext, one: Case, notes: string[]): number[] {
  const scene = new RiskScene(one.instruments, one.openOrders);
  const count = context.smoke ? SMOKE_REQUESTS : REQUESTS;
  const requests = one.isReplace ? scene.replaces(count) : scene.newOrders(count);
  const examine = one.isReplace ? checkReplaces : checkNews;
  const runs: number[] = [];
  for (let round = 0; round <= (context.smoke ? 1 : ROUNDS); round++) {
    const startNs = monotonicNs();
    const accepted = examine(scene, requests);
    const nsPerOrder = (monotonicNs() - startNs) / count;
    check(
      accepted === requests.accepted,
      `${one.name}: ${accepted} of ${count} accepted instead of ${requests.accepted}`,
    );
    if (round > 0) runs.push(Math.round(nsPerOrder * 10) / 10);
  }
  notes.push(`${one.name}: ${requests.accepted} of ${count} accepted in every round, the others refused by the collar`);
  return runs;
}

function checkNews(scene: RiskScene, { ids }: Requests): number {
  const { risk } = scene;
  let accepted = 0;
  for (let i = 0; i < ids.length; i++) {
    scene.nowNs += STEP_NS;
    if (risk.checkNew(ids[i], scene.nowNs) === RejectCode.None) accepted++;
  }
  return accepted;
}

function checkReplaces(scene: RiskScene, { ids, qtyLots, priceTicks }: Requests): number {
  const { risk } = scene;
  let accepted = 0;
  for (let i = 0; i < ids.length; i++) {
    scene.nowNs += STEP_NS;
    if (risk.checkReplace(ids[i], qtyLots[i], priceTicks[i], scene.nowNs) === RejectCode.None) accepted++;
  }
  return accepted;
}
