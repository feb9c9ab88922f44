/** What a run of the bench is turned into: HdrHistogram files, a page, tables, JSON. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { hdrBase64, hgrmText, toHdr } from '../../latency-bench/hdr.ts';
import { total } from '../../latency-bench/measured.ts';
import { Progress } from '../../latency-bench/progress.ts';
import { writeOutput } from '../../latency-bench/report/files.ts';
import { htmlPage } from '../../latency-bench/report/html.ts';
import { runJson } from '../../latency-bench/report/json.ts';
import { closingText, measuredText } from '../../latency-bench/report/text.ts';
import { Histogram } from '../../src/core/histogram.ts';
import { Prng } from '../../src/core/prng.ts';
import { latencyHistogram, measured, runOf, sampleRun } from '../support/bench-run.ts';
import { temporaryFolder } from '../support/command.ts';

const QUANTILES = [0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1];

/** Rows of an HdrHistogram percentile distribution, and what stands below them. */
function parseHgrm(text: string): {
  rows: { value: number; percentile: number; total: number }[];
  max: number;
  count: number;
} {
  const rows = text.split('\n').flatMap((line) => {
    const match = /^ *(\d+\.\d+) +(\d\.\d+) +(\d+)(?: +[\d.]+)?$/.exec(line);
    return match === null ? [] : [{ value: Number(match[1]), percentile: Number(match[2]), total: Number(match[3]) }];
  });
  const foot = /#\[Max +=\s+([\d.]+), Total count +=\s+(\d+)\]/.exec(text);
  assert.ok(foot !== null);
  return { rows, max: Number(foot[1]), count: Number(foot[2]) };
}

test('of fine histograms HdrHistogram has the same percentiles, count and largest value, before and after encoding', () => {
  const random = new Prng(31);
  const parts = [0, 1, 2].map((i) => latencyHistogram(random, 20_000, 300 * 40 ** i));
  parts[2].record(2 ** 36 + 12_345);
  const ours = total(parts);
  for (const hdr of [toHdr(parts), decodeFromCompressedBase64(hdrBase64(parts), 64)]) {
    assert.equal(hdr.totalCount, ours.count);
    for (const q of QUANTILES.slice(0, -1)) {
      assert.equal(hdr.getValueAtPercentile(q * 100), ours.quantile(q), `${q}`);
    }
    assert.ok(Math.abs(hdr.maxValue / ours.maxNs - 1) <= 2 ** -10);
    assert.ok(Math.abs(hdr.mean / ours.meanNs - 1) < 1e-3);
  }
});

test('of coarse histograms too, within the 3 % that they have', () => {
  const random = new Prng(32);
  const coarse = new Histogram();
  for (let i = 0; i < 50_000; i++) coarse.record(100 + random.below(1_000_000));
  const hdr = toHdr([coarse]);
  for (const q of QUANTILES) {
    assert.ok(Math.abs(hdr.getValueAtPercentile(q * 100) / coarse.quantile(q) - 1) <= 2 ** -9, `${q}`);
  }
});

test('a histogram of nothing, of zeros, and of counts past 32 bits are converted', () => {
  assert.equal(toHdr([new Histogram()]).totalCount, 0);
  const zeros = Histogram.fine();
  zeros.record(0, 5);
  assert.deepEqual([toHdr([zeros]).totalCount, toHdr([zeros]).maxValue], [5, 0]);
  const many = Histogram.fine();
  many.record(77, 6e9);
  assert.equal(decodeFromCompressedBase64(hdrBase64([many]), 64).totalCount, 6e9);
});

test('a .hgrm file can be read back: percentiles rise to the largest value, and are those of the histogram', () => {
  const parts = [latencyHistogram(new Prng(33), 30_000, 800)];
  const { rows, max, count } = parseHgrm(hgrmText(parts));
  assert.equal(count, parts[0].count);
  assert.equal(max, Math.floor(parts[0].maxNs));
  assert.equal(rows.at(-1)?.percentile, 1);
  assert.equal(rows.at(-1)?.total, count);
  assert.ok(rows.length > 50);
  for (const [i, { value, percentile, total }] of rows.entries()) {
    assert.ok(i === 0 || (value >= rows[i - 1].value && total >= rows[i - 1].total));
    if (percentile <= 0 || percentile >= 1) continue;
    assert.ok(Math.abs(value / parts[0].quantile(percentile) - 1) <= 2 ** -10, `${percentile}`);
  }
});

test('--out holds the page, the JSON and one .hgrm a latency and a stage, under names of their own', (t) => {
  const folder = temporaryFolder(t);
  const run = sampleRun(1);
  const [line] = writeOutput(join(folder), run);
  assert.match(line, /report\.html.*results\.json, 12 \.hgrm files$/);
  const files = readdirSync(folder);
  assert.equal(files.filter((file) => file.endsWith('.hgrm')).length, 3 + 1 + 8);
  assert.ok(files.includes('tick-to-trade-c-echo-round-trip.hgrm'), files.join(' '));
  assert.equal(readFileSync(join(folder, 'results.json'), 'utf8'), `${runJson(run)}\n`);
});

test('the page is whole by itself, escapes what it is told, and shows every part of a run', () => {
  const page = htmlPage(sampleRun(2));
  assert.doesNotMatch(page, /<script|<link|<img|https?:|url\(|@import/, 'nothing from outside');
  assert.ok(page.includes('AMD EPYC &lt;9&gt;') && page.includes('reference &lt;here&gt;'));
  for (const text of [
    '✓ reached',
    '✗ missed',
    'gateway write',
    'not on a core',
    'prefers-color-scheme: dark',
    'Failed: wrong answer',
  ]) {
    assert.ok(page.includes(text), text);
  }
  // One drawing for wide screens and one for telephones, each with the same words for those who don't see it.
  const labels = [...page.matchAll(/<svg class="(wide|narrow)"[^>]*role="img" aria-label="([^"]+)"/g)];
  assert.deepEqual(
    labels.map(([, css]) => css),
    ['wide', 'narrow'],
  );
  assert.equal(labels[0][2], labels[1][2]);
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
});

test('tags of the page are closed, in order', () => {
  const page = htmlPage(sampleRun(3)).replace(/<style>[\s\S]*?<\/style>/g, '');
  const open: string[] = [];
  for (const [whole, slash, name] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
    if (['meta', 'br'].includes(name) || whole.endsWith('/>')) continue;
    if (slash === '') open.push(name);
    else assert.equal(open.pop(), name, `${whole} at ${page.indexOf(whole)}`);
  }
  assert.deepEqual(open, []);
});

test('a curve goes from the smallest to the largest value and stays inside of its chart', () => {
  const page = htmlPage(sampleRun(4));
  const paths = [...page.matchAll(/<path class="curve c\d"[^>]* d="(M[^"]+)"/g)].filter(([, d]) => d.length > 30);
  assert.equal(paths.length, 6, 'three curves in two sizes');
  for (const [, d] of paths) {
    const xs = [...d.matchAll(/H([\d.]+)/g)].map((match) => Number(match[1]));
    const ys = [...d.matchAll(/V([\d.]+)/g)].map((match) => Number(match[1]));
    assert.ok(xs.every((x, i) => x >= 52 && x <= 942 && (i === 0 || x >= xs[i - 1])));
    assert.ok(ys.every((y, i) => y >= 10 && y <= 300 && (i === 0 || y <= ys[i - 1])));
  }
});

test('the tables have figures, percentiles, stages that add up, worst events and goals', () => {
  const run = sampleRun(5);
  const text = run.measured.map((one) => measuredText(one, run.settings)).join('');
  assert.match(text, /ITCH decode \+ books +1\d\d +1\d\d +1\d\d +5 +ns\/message\n/);
  assert.match(text, /p50 +p90 +p99 +p99\.9 +p99\.99 +max +samples\n +service time +service +9\d\d ns/);
  assert.match(text, /reached +decode \+ books against C\+\+ +0\.87x +at most 0\.9x\n/);
  assert.match(text, /missed +feed → ring → books +7,400,000 messages\/s +at least 8,000,000 messages\/s\n/);
  assert.match(text, /FAILED: wrong answer: the log does not verify\n/);
  assert.equal(text.match(/not on a core/g)?.length, htmlPage(run).match(/not on a core/g)?.length);
  const [, stages] = /mean +p50[^\n]*\n([\s\S]*?) +sum of the stages +([\d,]+) ns/.exec(text) ?? [];
  const means = [...stages.matchAll(/^ +[a-z ]+? {2,}([\d,]+) ns +\d+ %/gm)].map((match) =>
    Number(match[1].replace(',', '')),
  );
  const sum = Number((/sum of the stages +([\d,]+) ns/.exec(text) ?? [])[1].replace(',', ''));
  assert.equal(means.length, 8);
  assert.ok(Math.abs(means.reduce((a, b) => a + b, 0) - sum) <= 4, `${means} ${sum}`);
  assert.match(closingText(run), /FAILED: log\ngoals reached: 2 of 3\n/);
});

test('a smoke run has no goals, in text, JSON and page', () => {
  const full = sampleRun(6);
  const run = { ...full, settings: { ...full.settings, smoke: true } };
  assert.doesNotMatch(measuredText(run.measured[0], run.settings), /reached|missed/);
  assert.doesNotMatch(htmlPage(run), /✓|✗/);
  const { benchmarks } = JSON.parse(runJson(run)) as { benchmarks: { goals: unknown[] }[] };
  assert.ok(benchmarks.every(({ goals }) => goals.length === 0));
});

test('JSON says whether the run is to be trusted, and holds histograms that can be decoded', () => {
  const quiet = JSON.parse(runJson(sampleRun(7)));
  assert.deepEqual([quiet.kind, quiet.version, quiet.trusted, quiet.distrust], ['tapehead-bench', 1, true, []]);
  const [service] = quiet.benchmarks[1].latencies;
  assert.equal(decodeFromCompressedBase64(service.hdr, 64).totalCount, service.count);
  assert.equal(service.parts.length, 4);
  assert.equal(quiet.benchmarks[1].attributions[0].worst.length, 20);
  const noisy = JSON.parse(runJson({ ...runOf([measured('x', {})]), distrust: ['before the run x'] }));
  assert.deepEqual([noisy.trusted, noisy.distrust], [false, ['before the run x']]);
  assert.match(closingText({ ...sampleRun(7), distrust: ['during x y'] }), /NOT TO BE TRUSTED: during x y\n$/);
});

test('progress rewrites one line in a terminal, no longer than it, and prints lines elsewhere', () => {
  const seen: string[] = [];
  let nowMs = 0;
  const output = (isTty: boolean) => ({ isTty, columns: 40, write: (text: string) => void seen.push(text) });
  const tty = new Progress(output(true), () => nowMs);
  tty.begin('[1/2] books');
  nowMs = 61_000;
  tty.line(`round 1 of 3: ${'x'.repeat(80)}`);
  tty.clear();
  assert.equal(seen[0], '\r[1/2] books  0 s\x1b[K');
  assert.match(seen[1], /^\r\[1\/2\] books {2}1 min 01 s {2}round/);
  assert.ok(seen[1].length <= 40 + '\r\x1b[K'.length);
  assert.equal(seen[2], '\r\x1b[K');
  seen.length = 0;
  const plain = new Progress(output(false), () => nowMs);
  plain.begin('books');
  plain.line('round 1');
  plain.clear();
  assert.deepEqual(seen, ['books\n', '    0 s  round 1\n']);
});
