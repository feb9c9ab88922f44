/** A small portfolio with a gate before it, and random numbers of every kind fed to both. */
import assert from 'node:assert/strict';
import { RejectCode } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { type GateLimit, PortfolioGate } from '../../src/portfolio/live/gate.ts';
import { type ModelSource, portfolioModel } from '../../src/portfolio/live/model.ts';
import { FIGURES, Figure, PortfolioState } from '../../src/portfolio/live/portfolio-state.ts';
import type { MethodSettings, RiskSettings } from '../../src/portfolio/methods/settings.ts';

export const NONE = Number.POSITIVE_INFINITY;

export function source(method: MethodSettings, seed: number, settings: Partial<RiskSettings> = {}): ModelSource {
  const prng = new Prng(seed);
  const [instruments, observations] = [5, 120];
  const returns = new Float64Array(instruments * observations).map(
    () => (prng.unit() + prng.unit() + prng.unit() - 1.5) * 0.03,
  );
  return {
    names: ['A', 'B', 'C', 'D', 'E'],
    scenarios: { instruments, observations, returns },
    settings: { method, confidence: 0.95, horizonDays: 1, horizonRule: 'sqrt', window: 100, ...settings },
    columns: { Cc: 'C' },
    sectors: { tech: ['A', 'B'], oil: ['Cc'] },
    options: {},
    stress: [
      { name: 'fall', moves: { '*': -0.1 } },
      { name: 'oil', moves: { '*': 0, Cc: 0.3 } },
    ],
  };
}

export const SYMBOLS = ['A', 'B', 'Cc', 'D', 'E'];

export function stateOf(one: ModelSource): PortfolioState {
  const state = new PortfolioState(portfolioModel(one));
  for (const [i, symbol] of SYMBOLS.entries()) state.define(i, symbol);
  return state;
}

export function limit(figure: number, hard: number, code: RejectCode, soft = NONE): GateLimit {
  return { figure, hard, soft, code };
}

export interface Desk {
  readonly state: PortfolioState;
  readonly gate: PortfolioGate;
  answer(ns: number): void;
}

/** 100 units of A at 10. */
export function desk(limits: readonly GateLimit[]): Desk {
  const state = stateOf(source({ method: 'historical' }, 7));
  const gate = new PortfolioGate(state, limits, 1000);
  state.set(0, Float64Array.of(100, 10, 1), 0);
  for (const i of [1, 2, 3]) state.set(i, Float64Array.of(0, 10, 1), 0);
  const answer = (ns: number): void => {
    gate.request();
    const figures = new Float64Array(FIGURES);
    state.read(figures);
    gate.take(figures, 0, Float64Array.of(ns));
  };
  return { state, gate, answer };
}

/** Random state, random answers: every verdict is compared with what the numbers fed in allow. Returns how many passed. */
export function fuzzGate(seed: number, rounds: number): number {
  const prng = new Prng(seed);
  const weird = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e300, -1e300, 5e-324];
  const value = (size: number): number =>
    prng.below(12) === 0 ? weird[prng.below(weird.length)] : (prng.unit() - 0.3) * size;
  const { state, gate } = desk([
    limit(Figure.Var, 100, RejectCode.VarLimit),
    limit(Figure.Gross, 1e5, RejectCode.PortfolioGross),
  ]);
  const held = SYMBOLS.map((_, i) => [i === 0 ? 100 : 0, i === 4 ? Number.NaN : 10, 1]);
  let answered: Float64Array | null = null;
  let answeredNs = Number.NaN;
  let passed = 0;
  for (let round = 0; round < rounds; round++) {
    const i = prng.below(5);
    held[i] = [prng.below(4) === 0 ? 0 : value(1000), value(50), prng.below(20) === 0 ? value(2) : 1];
    state.set(i, Float64Array.from(held[i]), 0);
    if (prng.below(3) === 0) {
      gate.request();
      answered = new Float64Array(FIGURES).map(() => value(50));
      answeredNs = value(2000);
      gate.take(answered, 0, Float64Array.of(answeredNs));
    }
    const nowNs = answeredNs + value(1500);
    const target = prng.below(5);
    const code = gate.check(state, target, Float64Array.of(value(100)), Float64Array.of(nowNs));
    if (code !== RejectCode.None) continue;
    passed++;
    assert.ok(answered?.every(Number.isFinite), `round ${round}: passed on ${answered}`);
    assert.ok(nowNs - answeredNs <= 1000, `round ${round}: passed on figures of age ${nowNs - answeredNs}`);
    for (const [k, [qty, price, money]] of held.entries()) {
      const isGood = Number.isFinite(qty) && Number.isFinite(price) && money > 0;
      assert.ok(
        qty === 0 || isGood,
        `round ${round}: passed while holding ${qty} of ${SYMBOLS[k]} at ${price} x ${money}`,
      );
    }
  }
  return passed;
}
