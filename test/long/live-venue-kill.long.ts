/** `tapehead live --orders venue`, killed `KILLS` times in a row with orders open at the venue, spot and USD-M (test/support/venue-kills.ts). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Prng } from '../../src/core/prng.ts';
import { killAtVenue } from '../support/venue-kills.ts';

const KILLS = Number(process.env.KILLS ?? 50);
const SPAN_MS = 1500;

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`seed ${seed}`);
const said: string[] = [];
for (const protocol of ['binance', 'binance-usdm'] as const) {
  const folder = mkdtempSync(join(tmpdir(), 'tapehead-kills-'));
  try {
    const report = await killAtVenue(folder, protocol, KILLS, SPAN_MS, new Prng(seed));
    said.push(
      `${protocol}: ${report.orders} orders, ${report.fills} fills, ${report.openAtKill} open when killed, ${report.records} records`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
console.log(
  `${KILLS} kills each, reconciled every time; ${said.join('; ')}; no order came twice, none was forgotten, positions are the venue's, ` +
    'each log verifies and reruns identically',
);
