/** 200 SIGKILLs at random points of a replay, half of them while a strategy trades: what was acknowledged is there, and the log is completed every time. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Prng } from '../../src/core/prng.ts';
import { killReplays } from '../support/kills.ts';
import { repositoryRoot } from '../support/paths.ts';

const KILLS = 100;
/** Paced so that a run takes about as long as the kills are spread over. */
const REPLAY = [join(repositoryRoot(), 'replay-data/spot-session.binance.gz'), '--no-pin', '--speed', '250'];
const REPLAYS = [REPLAY, [...REPLAY, '--strategy', 'market-maker']];
const SPAN_MS = 1_000;

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
console.log(`seed ${seed}`);
const root = mkdtempSync(join(tmpdir(), 'tapehead-kills-'));
try {
  const random = new Prng(seed);
  let killed = 0;
  let missed = 0;
  let acknowledged = 0;
  for (const [i, replay] of REPLAYS.entries()) {
    // In portions, so that kills that came before the log was open are made up for.
    while (killed < KILLS * (i + 1)) {
      const left = KILLS * (i + 1) - killed;
      const report = await killReplays(join(root, String(killed + missed)), replay, left, SPAN_MS, random);
      killed += report.killed;
      missed += report.missed;
      acknowledged += report.acknowledged;
      assert.ok(missed < 3 * KILLS * REPLAYS.length, 'most kills hit a run that writes');
    }
  }
  console.log(
    `${killed} replays killed (${missed} kills came too early or too late): ${acknowledged} acknowledged records all ` +
      'there, every log recovered, verified, re-executed, and completed to the undisturbed head hash',
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}
