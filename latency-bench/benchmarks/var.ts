/**
 * VaR kept up to date: one position or price change at 1,000 instruments and 500 scenarios, what an order would change, the
 * whole portfolio anew, and 10,000 Monte Carlo paths of 1,000 instruments; beside the same in C++ (cxx/var.cpp).
 */
import { monotonicNs } from '../../src/core/clock.ts';
import { ES, VAR } from '../../src/portfolio/live/risk-book.ts';
import { ScenarioBook } from '../../src/portfolio/live/scenario-book.ts';
import { Tail } from '../../src/portfolio/live/tail.ts';
import { projectDraws } from '../../src/portfolio/methods/monte-carlo.ts';
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  best,
  check,
  type Figure,
  type Goal,
} from '../benchmark.ts';
import { output } from '../reference.ts';

interface Size {
  readonly instruments: number;
  readonly scenarios: number;
  readonly changes: number;
  readonly paths: number;
  readonly runs: number;
}

const FULL: Size = { instruments: 1000, scenarios: 500, changes: 100_000, paths: 10_000, runs: 5 };
const SMOKE: Size = { instruments: 50, scenarios: 100, changes: 2_000, paths: 200, runs: 1 };
const GOAL_NS = 3000;
/** Sums are made in another order, at times: what rounding may differ by. */
const SAME = 1e-9;

export const benchmark: Benchmark = {
  name: 'var',
  summary: 'historical VaR after each change, what-if, whole portfolio; Monte Carlo paths; beside the same in C++',
  run,
};

/** Nanoseconds per operation, and the figure at the end. */
interface Measured {
  readonly ns: number;
  readonly figure: number;
}

type Names = 'change95' | 'change99' | 'full' | 'montecarlo';

async function run(context: BenchContext): Promise<BenchResult> {
  const size = context.smoke ? SMOKE : FULL;
  const program = await context.cxx('var');
  const ours = new Map<string, number[]>();
  const theirs = new Map<string, number[]>();
  const figures = new Map<string, number>();
  for (let round = 0; round <= size.runs; round++) {
    context.progress(`round ${round} of ${size.runs}`);
    const measured: Record<Names | 'whatIf', Measured> = {
      change95: changes(size, 0.05),
      change99: changes(size, 0.01),
      whatIf: whatIfs(size),
      full: full(size),
      montecarlo: monteCarlo(size),
    };
    if (program.path !== null) await compare(program.path, size, measured, round === 0 ? null : theirs);
    for (const [name, { ns, figure }] of Object.entries(measured)) {
      check((figures.get(name) ?? figure) === figure, `${name}: ${figure} in one run, ${figures.get(name)} in another`);
      figures.set(name, figure);
      if (round > 0) ours.set(name, [...(ours.get(name) ?? []), ns]);
    }
  }
  return result(size, ours, theirs, program.absent);
}

async function compare(
  path: string,
  { instruments, scenarios, changes: count, paths }: Size,
  measured: Readonly<Record<string, Measured>>,
  into: Map<string, number[]> | null,
): Promise<void> {
  const text = await output(path, [instruments, scenarios, count, paths].map(String));
  for (const line of text.trim().split('\n')) {
    const [name, ns, figure] = line.split(' ');
    const own = measured[name].figure;
    check(Math.abs(own - Number(figure)) <= SAME * Math.abs(own), `${name}: ${own}, in C++ ${figure}`);
    into?.set(name, [...(into.get(name) ?? []), Number(ns)]);
  }
}

function result(
  { instruments, scenarios, paths }: Size,
  ours: ReadonlyMap<string, number[]>,
  theirs: ReadonlyMap<string, number[]>,
  absent: string | null,
): BenchResult {
  const titles: Readonly<Record<string, string>> = {
    change95: `one change, ${instruments} x ${scenarios}, 95 %`,
    change99: `one change, ${instruments} x ${scenarios}, 99 %`,
    whatIf: 'what an order would change, 95 %',
    full: 'the whole portfolio anew',
    montecarlo: `Monte Carlo, ${paths} paths of ${instruments} instruments, projected`,
  };
  const figures: Figure[] = [];
  for (const [name, runs] of ours) {
    figures.push({ name: titles[name], unit: 'ns', better: 'lower', runs });
    const peer = theirs.get(name);
    if (peer !== undefined) figures.push({ name: `${titles[name]}: C++`, unit: 'ns', better: 'lower', runs: peer });
  }
  const goals: Goal[] = figures
    .filter(({ name }) => name.startsWith('one change') && !name.endsWith('C++'))
    .map((figure) => ({ name: figure.name, value: best(figure), unit: 'ns', limit: GOAL_NS, better: 'lower' }));
  const notes = [
    'exact after every change: VaR and expected shortfall; C++ computes the VaR alone',
    absent === null ? 'every figure is that of the C++ program' : `no C++ beside it: ${absent}`,
  ];
  return { figures, latencies: [], goals, notes, details: { instruments, scenarios, paths }, topology: 'one thread' };
}

/** Knuth's quick generator (Numerical Recipes' constants): the C++ program has the same. */
class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  unit(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return this.state / 4294967296;
  }

  move(): number {
    let sum = 0;
    for (let i = 0; i < 3; i++) sum += this.unit();
    return (sum - 1.5) * 0.03;
  }
}

interface Scene {
  readonly random: Random;
  readonly book: ScenarioBook;
  readonly exposures: Float64Array;
}

function scene({ instruments, scenarios }: Size, tail: number): Scene {
  const random = new Random(12345);
  const returns = new Float64Array(instruments * scenarios).map(() => random.move());
  const book = new ScenarioBook({ instruments, scenarios, returns }, () => new Tail(scenarios, tail));
  const exposures = new Float64Array(instruments);
  const values = new Float64Array(2);
  for (let i = 0; i < instruments; i++) {
    exposures[i] = (random.unit() - 0.5) * 1e6;
    values[0] = exposures[i];
    book.change(i, values, 0);
  }
  return { random, book, exposures };
}

function changes(size: Size, tail: number): Measured {
  const { random, book, exposures } = scene(size, tail);
  const values = new Float64Array(2);
  const startNs = monotonicNs();
  for (let k = 0; k < size.changes; k++) {
    const i = (k * 7919) % size.instruments;
    exposures[i] *= 1 + (random.unit() - 0.5) * 0.002;
    values[0] = exposures[i];
    book.change(i, values, 0);
  }
  const ns = (monotonicNs() - startNs) / size.changes;
  check(book.figures[ES] >= book.figures[VAR], 'the expected shortfall is at least the VaR');
  return { ns, figure: book.figures[VAR] };
}

/** Sums of what was answered, so that every answer counts. */
function whatIfs(size: Size): Measured {
  const { book } = scene(size, 0.05);
  const values = new Float64Array(2);
  const before = book.figures[VAR];
  let sum = 0;
  const startNs = monotonicNs();
  for (let k = 0; k < size.changes; k++) {
    values[0] = k % 2 === 0 ? 5000 : -5000;
    book.whatIf((k * 7919) % size.instruments, values, 0);
    sum += book.candidate[VAR];
  }
  const ns = (monotonicNs() - startNs) / size.changes;
  check(book.figures[VAR] === before, 'a what-if changes nothing');
  values[0] = 5000;
  book.whatIf(0, values, 0);
  const answered = book.candidate[VAR];
  values[0] += book.exposures.delta[0];
  book.change(0, values, 0);
  check(Math.abs(book.figures[VAR] - answered) <= SAME * answered, 'what came is what was said');
  return { ns, figure: sum };
}

function full(size: Size): Measured {
  const { book } = scene(size, 0.05);
  const rounds = 20;
  const startNs = monotonicNs();
  for (let k = 0; k < rounds; k++) book.rebuild();
  return { ns: (monotonicNs() - startNs) / rounds, figure: book.figures[VAR] };
}

function monteCarlo({ instruments, paths }: Size): Measured {
  const random = new Random(54321);
  const draws = new Float64Array(instruments * paths).map(() => random.move());
  const loading = new Float64Array(instruments).map(() => (random.unit() - 0.5) * 1e6);
  const pnl = new Float64Array(paths);
  const tail = new Tail(paths, 0.05);
  const rounds = 3;
  const startNs = monotonicNs();
  for (let k = 0; k < rounds; k++) {
    projectDraws(draws, instruments, loading, null, 0, pnl);
    tail.bar[0] = Number.POSITIVE_INFINITY;
    tail.close(pnl, 0);
  }
  return { ns: (monotonicNs() - startNs) / rounds, figure: tail.figures[VAR] };
}
