/** A stage that fails ends the run, in every topology: nobody waits for it. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { ExecutionOptions, RunIdentity } from '../../src/config.ts';
import { failureOf, startReplay } from '../../src/engine.ts';
import { type DetectedRecording, detectRecording } from '../../src/feed/detect.ts';
import { temporaryFolder } from '../support/command.ts';
import { repositoryRoot } from '../support/paths.ts';

const SPOT = join(repositoryRoot(), 'replay-data/spot-session.binance.gz');
const THREADS = [1, 2, 3] as const;

function identity(overrides: Partial<RunIdentity> = {}): RunIdentity {
  return { format: 'binance', sessionMidnightNs: '0', symbols: null, seed: 1, trading: null, ...overrides };
}

function execution(logDir: string, threads: 1 | 2 | 3): ExecutionOptions {
  return { logDir, strategyDir: '.', speed: Number.POSITIVE_INFINITY, threads, pin: false, sync: false };
}

test('an engine that cannot be opened ends the run; its log is left open', async (t) => {
  const root = temporaryFolder(t);
  const recording = await detectRecording([SPOT]);
  for (const threads of THREADS) {
    const unusable = identity({ sessionMidnightNs: 'never' });
    const report = await startReplay(recording, unusable, execution(join(root, String(threads)), threads)).done;
    assert.equal(report.failure?.role, 'engine', `${threads} threads`);
    assert.match(failureOf(report)?.message ?? '', /engine stage stopped on a bug/);
    assert.equal(report.log?.closed, false);
  }
});

test('a feed that fails ends the run with a closed log', async (t) => {
  const root = temporaryFolder(t);
  const start = join(root, 'start');
  const content = gunzipSync(readFileSync(SPOT));
  writeFileSync(start, content.subarray(0, content.indexOf('\n', 1 << 20) + 1));
  const found = await detectRecording([start]);
  const recording: DetectedRecording = { ...found, paths: [start, join(root, 'gone')] };
  for (const threads of THREADS) {
    const report = await startReplay(recording, identity(), execution(join(root, String(threads)), threads)).done;
    assert.equal(report.failure?.role, 'feed', `${threads} threads`);
    assert.equal(report.failure?.failure.code, 'NO_FILE');
    assert.equal(report.log?.closed, true);
  }
});

test('a log that cannot be opened ends the run before it began', async (t) => {
  const root = temporaryFolder(t);
  const recording = await detectRecording([SPOT]);
  const dir = join(root, 'taken');
  mkdirSync(dir);
  writeFileSync(join(dir, 'letter.txt'), 'not a log');
  for (const threads of THREADS) {
    const report = await startReplay(recording, identity(), execution(dir, threads)).done;
    assert.equal(report.failure?.role, 'audit', `${threads} threads`);
    assert.ok(report.feed === null && report.log === null);
  }
});
