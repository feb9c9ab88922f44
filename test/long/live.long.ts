/** Live runs under seeded trouble, engines killed at any record among it; and live processes killed at random moments. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Prng } from '../../src/core/prng.ts';
import { killLiveRuns } from '../support/live-kills.ts';
import { liveRounds } from '../support/live-rounds.ts';

const SEEDS = 500;
const STEPS = 300;
const KILLS = 60;
const SPAN_MS = 400;

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`seed ${seed}`);
const root = mkdtempSync(join(tmpdir(), 'tapehead-live-'));
try {
  const sum = { restarts: 0, fills: 0, orders: 0, disconnects: 0 };
  for (let i = 0; i < SEEDS; i++) {
    const report = await liveRounds(root, seed + i, STEPS, i % 4 === 0);
    for (const key of ['restarts', 'fills', 'orders', 'disconnects'] as const) sum[key] += report[key];
    rmSync(join(root, `log-${seed + i}`), { recursive: true });
  }
  const { killed, records } = await killLiveRuns(root, KILLS, SPAN_MS, new Prng(seed));
  console.log(
    `${SEEDS} live runs of ${STEPS} steps: ${sum.orders} orders, each sent once, ${sum.fills} fills, ${sum.disconnects} ` +
      `connections lost, ${sum.restarts} engines killed; ${killed} processes killed over one log of ${records} records; ` +
      'venue and log agree each time, every log re-executes as one',
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}
