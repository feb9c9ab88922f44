/** `tapehead replay`, `verify`, `rerun`, `log` on the project's own recordings, as a user runs them. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { startTapehead, tapehead, temporaryFolder } from '../support/command.ts';
import { repositoryRoot } from '../support/paths.ts';

const EQUITIES = join(repositoryRoot(), 'replay-data/equities-session.itch50.gz');
const SPOT = join(repositoryRoot(), 'replay-data/spot-session.binance.gz');
const expected = JSON.parse(readFileSync(join(repositoryRoot(), 'replay-data/expected.json'), 'utf8'));

test('a replayed session gives a summary, and a log that verifies and re-executes', async (t) => {
  const dir = join(temporaryFolder(t), 'log');
  const replayed = await tapehead(['replay', EQUITIES, '--log', dir, '--json', '--no-pin']);
  assert.equal(replayed.stderr, '');
  assert.equal(replayed.code, 0);
  const summary = JSON.parse(replayed.stdout);
  assert.equal(summary.messages, 256_702);
  assert.equal(summary.instruments, 12);
  assert.equal(summary.gaps, 0);
  assert.equal(summary.unknownOrders, 0);
  assert.equal(summary.log.dir, dir);
  assert.match(summary.stateHash, /^[0-9a-f]{16}$/);
  const verified = await tapehead(['verify', dir]);
  assert.equal(verified.code, 0);
  assert.match(verified.stdout, new RegExp(`^ok: ${summary.log.records} records, .*head ${summary.log.headHash}\n$`));
  const rerun = await tapehead(['rerun', dir]);
  assert.equal(rerun.code, 0);
  assert.match(rerun.stdout, /^identical: \d+ records, head [0-9a-f]{64}\n$/);
  await refusesProofOfDamage(dir, summary.log.records);
  const ends = await tapehead(['log', dir, '--type', 'end', '--json']);
  assert.equal(ends.stdout.trim().split('\n').length, 1);
  assert.equal(JSON.parse(ends.stdout).stateHash, summary.stateHash);
});

/** A log that re-executes but does not verify proves nothing: here its watermark is missing for a while. */
async function refusesProofOfDamage(dir: string, records: number): Promise<void> {
  const watermark = join(dir, 'watermark');
  renameSync(watermark, `${dir}.watermark`);
  const result = await tapehead(['rerun', dir]);
  assert.equal(result.code, 1);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, new RegExp(`^tapehead: ${records} records re-execute identically, but the log does not`));
  const json = await tapehead(['rerun', dir, '--json']);
  assert.equal(json.code, 1);
  assert.deepEqual([JSON.parse(json.stdout).identical, JSON.parse(json.stdout).headHash], [true, null]);
  renameSync(`${dir}.watermark`, watermark);
}

test('one head hash, whatever the threads, the pinning, the syncs and the speed', async (t) => {
  const root = temporaryFolder(t);
  const variants = [
    ['--threads', '1'],
    ['--threads', '2', '--no-pin'],
    ['--threads', '3', '--no-sync'],
    ['--threads', '2', '--speed', '2000'],
    ['--threads', '3', '--no-pin', '--speed', '500'],
  ];
  const heads = new Set<string>();
  for (const [i, variant] of variants.entries()) {
    const result = await tapehead(['replay', SPOT, '--log', join(root, String(i)), '--json', ...variant]);
    assert.equal(result.code, 0, result.stderr);
    heads.add(JSON.parse(result.stdout).log.headHash);
  }
  assert.equal(heads.size, 1);
});

test("the final books are the simulator's own", async () => {
  for (const instrument of expected.equities.instruments) {
    const result = await tapehead(['book', EQUITIES, '--symbol', instrument.symbol, '--json']);
    assert.equal(result.code, 0, result.stderr);
    const book = JSON.parse(result.stdout);
    assert.equal(book.messages, 256_702);
    assert.equal(book.priceUnit, 0.0001);
    for (const [levels, side] of [
      [book.bids, instrument.bids],
      [book.asks, instrument.asks],
    ]) {
      assert.equal(levels.length, side.levels);
      assert.deepEqual(
        levels[0] ?? null,
        side.best === null ? null : { price: side.best.price, size: side.best.qty, orders: side.best.orders },
      );
      assert.equal(
        levels.reduce((sum: number, level: { size: number }) => sum + level.size, 0),
        side.qty,
      );
      assert.equal(
        levels.reduce((sum: number, level: { orders: number }) => sum + level.orders, 0),
        side.orders,
      );
    }
    if (instrument.locate >= 3) break; // three are enough here; test/sim compares all with a naive replay
  }
});

/** The run has begun: from here on a request to stop finds somebody who listens. */
async function logIsOpen(dir: string): Promise<void> {
  while (!existsSync(join(dir, 'watermark'))) await setTimeout(5);
  await setTimeout(100);
}

test('SIGINT ends a paced replay cleanly: a valid log, exit 130', async (t) => {
  const dir = join(temporaryFolder(t), 'log');
  const { child, done } = startTapehead(['replay', SPOT, '--log', dir, '--speed', '1', '--no-pin', '--json']);
  await logIsOpen(dir);
  child.kill('SIGINT');
  const result = await done;
  assert.equal(result.code, 130, result.stderr);
  assert.equal(JSON.parse(result.stdout).interrupted, true);
  assert.equal((await tapehead(['verify', dir])).code, 0);
  assert.equal((await tapehead(['rerun', dir])).code, 0);
  const stop = await tapehead(['log', dir, '--type', 'Stop', '--json']);
  assert.match(stop.stdout, /interrupted/);
});

test('one request to stop that arrives twice still ends cleanly, with one thread too', async (t) => {
  const root = temporaryFolder(t);
  for (const threads of ['1', '3']) {
    const dir = join(root, threads);
    const { child, done } = startTapehead([
      'replay',
      SPOT,
      '--log',
      dir,
      '--speed',
      '1',
      '--threads',
      threads,
      '--json',
    ]);
    await logIsOpen(dir);
    child.kill('SIGINT');
    child.kill('SIGTERM');
    const result = await done;
    assert.equal(result.code, 130, result.stderr);
    assert.equal((await tapehead(['verify', dir])).code, 0);
  }
});

test('a symbol filter keeps the instrument, and the run stays provable', async (t) => {
  const dir = join(temporaryFolder(t), 'log');
  const result = await tapehead(['replay', EQUITIES, '--symbols', 'REEL', '--log', dir, '--json']);
  assert.equal(result.code, 0, result.stderr);
  const summary = JSON.parse(result.stdout);
  assert.equal(summary.instruments, 1);
  assert.equal(summary.messages, 256_702);
  assert.equal((await tapehead(['rerun', dir])).code, 0);
  const other = await tapehead(['log', dir, '--symbol', 'TAPE', '--limit', '1']);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /TAPE/);
});
