/** Running benchmarks: a failure is said and the others run; noise is seen and named. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Benchmark, type BenchResult, check } from '../../latency-bench/benchmark.ts';
import { RunContext } from '../../latency-bench/context.ts';
import type { Measured } from '../../latency-bench/measured.ts';
import { MachineUse, probeJitter, remarkOnJitter, remarkOnLoad, remarkOnUse } from '../../latency-bench/noise.ts';
import { Progress } from '../../latency-bench/progress.ts';
import { Runner } from '../../latency-bench/run.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { FULL_SETTINGS, QUIET_MACHINE } from '../support/bench-run.ts';

const FINE: BenchResult = { figures: [], latencies: [], topology: 'one thread', notes: ['fine'], details: {} };

function benchmark(name: string, run: () => BenchResult): Benchmark {
  return { name, summary: name, run: async () => run() };
}

const BENCHMARKS: readonly Benchmark[] = [
  benchmark('wrong', () => {
    check(1 + 1 > 2, '2 records were read, 3 were written');
    return FINE;
  }),
  benchmark('absent', () => {
    throw new TapeheadError('NO_FILE', 'x is not there');
  }),
  benchmark('broken', () => (undefined as unknown as Record<string, BenchResult>).x),
  benchmark('empty', () => ({ ...FINE, figures: [{ name: 'speed', unit: 'u', better: 'higher', runs: [0 / 0] }] })),
  benchmark('fine', () => FINE),
];

test('a benchmark that fails says why and does not stop the others; only a bug has a stack', async () => {
  const context = new RunContext({ ...FULL_SETTINGS, smoke: true, progress: () => {} });
  const progress = new Progress({ isTty: false, columns: 80, write: () => {} });
  const seen: Measured[] = [];
  const stacks: string[] = [];
  const runner = new Runner(QUIET_MACHINE, FULL_SETTINGS, context, progress, {
    measured: (one) => seen.push(one),
    bug: (stack) => stacks.push(stack),
  });
  try {
    await runner.run(BENCHMARKS, 1);
  } finally {
    context.end();
  }
  assert.deepEqual(
    seen.map(({ name, failed }) => [name, failed]),
    [
      ['wrong', 'wrong answer: 2 records were read, 3 were written'],
      ['absent', 'x is not there'],
      ['broken', "Cannot read properties of undefined (reading 'x')"],
      ['empty', 'wrong answer: speed: runs [null] are no figures'],
      ['fine', null],
    ],
  );
  assert.equal(stacks.length, 1);
  assert.match(stacks[0], /run\.test/);
  const run = runner.result(false);
  assert.deepEqual(run.measured, seen);
  assert.ok(run.jitterAfter !== null);
});

test('a machine is quiet until one of its measures says otherwise, by name', () => {
  assert.equal(remarkOnUse({ othersShare: 0.1, stolenShare: 0.02 }), null);
  assert.equal(remarkOnUse({ othersShare: null, stolenShare: null }), null);
  assert.match(String(remarkOnUse({ othersShare: 0.37, stolenShare: 0 })), /^other processes used 37 % of the cores: /);
  assert.match(String(remarkOnUse({ othersShare: 0.05, stolenShare: 0.04 })), /^the hypervisor gave 4 % of /);
  assert.equal(remarkOnLoad(0.75), null);
  assert.match(String(remarkOnLoad(1.2)), /^the machine's load was 1\.2 a core/);
  const jitter = { probedMs: 200, interruptions: 40, longestNs: 4e6, lostShare: 0.2 };
  assert.match(String(remarkOnJitter(jitter)), /interrupted 40 times in 200 ms, for up to 4\.0 ms/);
  assert.equal(remarkOnJitter({ ...jitter, lostShare: 0.03 }), null);
});

test('the probe counts pauses of its own thread, and shares are shares', () => {
  const { probedMs, interruptions, longestNs, lostShare } = probeJitter(5);
  assert.ok(probedMs >= 5);
  assert.ok(lostShare >= 0 && lostShare <= 1);
  assert.equal(interruptions === 0, longestNs === 0);
  const { othersShare, stolenShare } = new MachineUse().since();
  for (const share of [othersShare, stolenShare]) assert.ok(share === null || (share >= 0 && share <= 1));
});
