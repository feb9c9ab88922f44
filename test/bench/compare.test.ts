/** Comparing two results: what is a regression, what is noise, what can't be compared. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Figure } from '../../latency-bench/benchmark.ts';
import { differenceOf } from '../../latency-bench/compare/bootstrap.ts';
import { type Comparison, compareFiles } from '../../latency-bench/compare/compare.ts';
import { studentQuantile } from '../../latency-bench/compare/student.ts';
import { comparisonJson, comparisonText } from '../../latency-bench/compare/text.ts';
import type { Run } from '../../latency-bench/measured.ts';
import { runJson, singleJson } from '../../latency-bench/report/json.ts';
import { Prng } from '../../src/core/prng.ts';
import { latencyHistogram, measured, noisyRuns, QUIET_MACHINE, runOf } from '../support/bench-run.ts';
import { tapehead, temporaryFolder } from '../support/command.ts';

const FIGURES = 20;

/** Figures of 2 % noise; `factors`: of their centres, by index. */
function noisyRun(random: Prng, runs: number, factors: readonly number[] = [], heavy = false): Run {
  const figures = Array.from({ length: FIGURES }, (_, i): Figure => {
    const better = i % 2 === 0 ? 'lower' : 'higher';
    const centre = 100 * (i + 1) * (factors[i] ?? 1);
    return { name: `figure ${i}`, unit: 'u', better, runs: noisyRuns(random, runs, centre, 0.02, better, heavy) };
  });
  return runOf([measured('bench', { figures })]);
}

function compareRuns(t: TestContext, a: Run, b: Run): Comparison {
  return compareFiles(...written(t, a, b));
}

function written(t: TestContext, a: Run | object, b: Run | object): [string, string] {
  const folder = temporaryFolder(t);
  const [fileA, fileB] = [a, b].map((run, i) => {
    const file = join(folder, `${'AB'[i]}.json`);
    writeFileSync(file, 'measured' in run ? runJson(run as Run) : JSON.stringify(run));
    return file;
  });
  return [fileA, fileB];
}

function marks(comparison: Comparison): string[] {
  return comparison.rows.map(({ mark }) => mark);
}

test("the quantiles of Student's t are the published ones", () => {
  const published: [number, number, number][] = [
    [0.025, 1, 12.7062],
    [0.025, 4, 2.7764],
    [0.005, 8, 3.3554],
    [0.0005, 8, 5.0413],
    [0.025, 1000, 1.9623],
  ];
  for (const [tail, freedom, value] of published) {
    assert.ok(Math.abs(studentQuantile(tail, freedom) - value) < 1e-3, `${tail} ${freedom}`);
  }
});

test('two runs of the same code: fewer than one comparison in twenty marks a regression', (t) => {
  const seed = 20261122;
  t.diagnostic(`seed ${seed}`);
  const random = new Prng(seed);
  const comparisons = 60;
  for (const heavy of [false, true]) {
    let alarms = 0;
    for (let i = 0; i < comparisons; i++) {
      const comparison = compareRuns(t, noisyRun(random, 5, [], heavy), noisyRun(random, 5, [], heavy));
      assert.equal(comparison.judged, FIGURES);
      if (comparison.regressions > 0) alarms++;
    }
    assert.ok(
      alarms <= comparisons / 20,
      `${alarms} false alarms in ${comparisons} comparisons, heavy tails: ${heavy}`,
    );
  }
});

test('10 % slower is found among figures that did not change, 10 % faster too, whichever way is better', (t) => {
  const seed = 4711;
  t.diagnostic(`seed ${seed}`);
  const random = new Prng(seed);
  const tries = 20;
  let found = 0;
  for (let i = 0; i < tries; i++) {
    // Even figures are better lower, odd ones higher: slower, slower, faster, faster.
    const { rows, regressions } = compareRuns(t, noisyRun(random, 10), noisyRun(random, 10, [1.1, 0.9, 0.9, 1.1]));
    const [a, b, c, d] = rows.map(({ mark }) => mark);
    if (a === 'slower' && b === 'slower' && c === 'faster' && d === 'faster' && regressions >= 2) found++;
  }
  assert.ok(found >= tries - 1, `${found} of ${tries}`);
});

test('an interval holds the true difference about as often as it says', (t) => {
  const seed = 99;
  t.diagnostic(`seed ${seed}`);
  const random = new Prng(seed);
  const tries = 400;
  let held = 0;
  for (let i = 0; i < tries; i++) {
    const a = noisyRuns(random, 6, 100, 0.03, 'lower');
    const b = noisyRuns(random, 6, 105, 0.03, 'lower');
    const { lowShare, highShare } = differenceOf(a, b, 0.05);
    if (lowShare < 0.05 && 0.05 < highShare) held++;
  }
  assert.ok(held / tries > 0.92 && held / tries < 0.98, `${held} of ${tries}`);
});

test('the same files give the same intervals, and the other way round the other sign', (t) => {
  const random = new Prng(5);
  const [a, b] = [noisyRun(random, 5), noisyRun(random, 5, [2])];
  const forth = compareRuns(t, a, b);
  assert.deepEqual(compareRuns(t, a, b).rows, forth.rows);
  const back = compareRuns(t, b, a);
  assert.deepEqual([forth.rows[0].mark, back.rows[0].mark], ['slower', 'faster']);
});

test('a single run is never a regression, whatever it says', (t) => {
  const random = new Prng(6);
  const comparison = compareRuns(t, noisyRun(random, 1), noisyRun(random, 1, [3, 0.1]));
  assert.equal(comparison.regressions, 0);
  assert.deepEqual(new Set(marks(comparison)), new Set(['not judged']));
  assert.match(comparisonText(comparison), /figure 0 +[\d.]+ +\d+ +\+\d+ % +u +not judged +one run only/);
});

test('what is in one file only is said, and changes nothing else', (t) => {
  const figure = (name: string): Figure => ({ name, unit: 'u', better: 'lower', runs: [1, 1.01, 1.02] });
  const a = runOf([measured('one', { figures: [figure('both'), figure('old')] })]);
  const b = runOf([
    measured('one', { figures: [figure('both'), figure('new')] }),
    measured('two', { figures: [figure('x')] }),
  ]);
  const comparison = compareRuns(t, a, b);
  assert.deepEqual(marks(comparison), ['within noise', 'only in A', 'only in B', 'only in B']);
  assert.equal(comparison.regressions, 0);
});

test('a percentile of a latency is judged over its parts, where every part has samples beyond it', (t) => {
  const random = new Prng(8);
  const run = (medianNs: number): Run => {
    const parts = Array.from({ length: 8 }, () => latencyHistogram(random, 3_000, medianNs));
    return runOf([measured('paced', { latencies: [{ name: 'response', kind: 'response', parts }] })]);
  };
  const comparison = compareRuns(t, run(1_000), run(1_300));
  const byName = new Map(comparison.rows.map(({ name, mark, note }) => [name, `${mark}, ${note}`]));
  assert.equal(byName.get('response, p50'), 'slower, 8 and 8 parts');
  assert.equal(byName.get('response, p90'), 'slower, 8 and 8 parts');
  assert.equal(byName.get('response, p99.9'), 'not judged, 3000 samples in a part');
  assert.equal(byName.get('response, max'), 'not judged, one event');
});

test('a difference that the clock or the histogram can not tell is noise', (t) => {
  const parts = (ns: number) =>
    [0, 1, 2].map(() => {
      const histogram = latencyHistogram(new Prng(1), 0, 1);
      histogram.record(ns, 1_000);
      return histogram;
    });
  const run = (ns: number): Run =>
    runOf([measured('b', { latencies: [{ name: 'l', kind: 'service', parts: parts(ns) }] })]);
  // The clock steps by 10 ns: 40 and 48 may be one step of it.
  assert.equal(compareRuns(t, run(40), run(48)).rows[0].mark, 'within noise');
  assert.equal(compareRuns(t, run(40), run(60)).rows[0].mark, 'slower');
});

test('a goal is shown with what became of it', (t) => {
  const run = (value: number): Run =>
    runOf([measured('b', { goals: [{ name: 'ratio', value, unit: 'x', limit: 0.9, better: 'lower' }] })]);
  const { rows, regressions } = compareRuns(t, run(0.8), run(0.95));
  assert.deepEqual([rows[0].mark, rows[0].note, regressions], ['not judged', 'reached in A, missed in B', 0]);
});

test('smoke runs, other machines and other versions of Node are refused by name', (t) => {
  const plain = noisyRun(new Prng(1), 3);
  const smoke = { ...plain, settings: { ...plain.settings, smoke: true } };
  const elsewhere = { ...plain, machine: { ...QUIET_MACHINE, cpu: 'Other CPU' } };
  const newer = { ...plain, machine: { ...QUIET_MACHINE, node: 'v24.1.0' } };
  assert.throws(() => compareRuns(t, plain, smoke), /B\.json is of a smoke run/);
  assert.throws(() => compareRuns(t, elsewhere, plain), /different machines \(processor: Other CPU and AMD/);
  assert.throws(() => compareRuns(t, plain, newer), /different versions \(Node: v20\.20\.2 and v24\.1\.0\)/);
});

test('runs that were not to be trusted, and other settings, are flagged', (t) => {
  const plain = noisyRun(new Prng(1), 3);
  const noisy = { ...plain, distrust: ['during bench other processes used 40 % of the cores'] };
  const faster = { ...plain, settings: { ...plain.settings, rate: 100_000 }, interrupted: true };
  const { flags } = compareRuns(t, noisy, faster);
  assert.equal(flags.length, 3);
  assert.match(
    flags.join('\n'),
    /^A is not to be trusted: during bench[^\n]*\nB was interrupted[^\n]*\n--rate differs: none in A, 100000 in B$/,
  );
});

test('what is no result, is of another version, or is damaged is refused in one line', (t) => {
  const plain = JSON.parse(runJson(noisyRun(new Prng(1), 3))) as { [key: string]: unknown };
  const refused: [object, RegExp][] = [
    [{ hello: 1 }, /A\.json holds no results of tapehead bench \(kind missing\)$/],
    [{ ...plain, version: 0 }, /A\.json has version 0 of the results, this tapehead reads 1: measure again/],
    [{ ...plain, benchmarks: [{ benchmark: 3 }] }, /A\.json: benchmarks\.0\.benchmark: .*$/],
    [{ ...plain, machine: {} }, /A\.json: machine\.tapehead: .*$/],
  ];
  for (const [content, message] of refused) {
    const [a, b] = written(t, content, plain);
    assert.throws(() => compareFiles(a, b), { name: 'TapeheadError', message });
  }
});

test('the command exits 1 on a regression, 0 without one, 2 when called wrongly; JSON holds every row', async (t) => {
  const random = new Prng(12);
  const [a, b] = written(t, noisyRun(random, 10), noisyRun(random, 10, [1.4]));
  const slower = await tapehead(['bench', 'compare', a, b]);
  assert.equal(slower.code, 1, slower.stderr);
  assert.match(slower.stdout, /figure 0 .* slower +10 and 10 runs\n/);
  assert.match(slower.stdout, /\n1 regression, /);
  const same = await tapehead(['bench', 'compare', a, a, '--json']);
  assert.equal(same.code, 0, same.stderr);
  const json = JSON.parse(same.stdout) as { kind: string; rows: { mark: string; differencePercent: number }[] };
  assert.equal(json.kind, 'tapehead-bench-compare');
  assert.equal(json.rows.length, FIGURES);
  for (const { mark, differencePercent } of json.rows) assert.deepEqual([mark, differencePercent], ['within noise', 0]);
  const wrong = await tapehead(['bench', 'compare', a, b, b]);
  assert.equal(wrong.code, 2);
  const absent = await tapehead(['bench', 'compare', a, '/nowhere/B.json']);
  assert.equal(absent.code, 2);
  assert.equal(absent.stderr, 'tapehead bench: /nowhere/B.json is not there\n');
});

test('what --json prints of a single benchmark can be compared too', (t) => {
  const run = noisyRun(new Prng(3), 3);
  const comparison = compareFiles(...written(t, run, JSON.parse(singleJson(run)) as object));
  assert.deepEqual(new Set(marks(comparison)), new Set(['within noise']));
  assert.equal((JSON.parse(comparisonJson(comparison)) as { judged: number }).judged, FIGURES);
});
