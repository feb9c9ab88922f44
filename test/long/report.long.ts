/**
 * Reports of made-up sessions against the slow count of the same records, and damaged copies of their logs against every
 * reader: `SECONDS` of them, a new seed for each session. A failure names its seed.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TapeheadError } from '../../src/core/errors.ts';
import { Prng } from '../../src/core/prng.ts';
import { BacktestReport } from '../../src/report/backtest-report.ts';
import { causeChain } from '../../src/report/cause-chain.ts';
import { orderStory } from '../../src/report/order-story.ts';
import { NaiveReport } from '../support/naive-report.ts';
import { assertSameFigures } from '../support/report-twins.ts';
import { TradingTape } from '../support/trading-log.ts';
import { SESSION_CONFIG, TradingSession } from '../support/trading-session.ts';

const SECONDS = Number(process.env.SECONDS ?? 60);
const DAMAGES = 20;
const MULTIPLIERS = new Map([[1, 50n]]);

const firstSeed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
const end = Date.now() + SECONDS * 1000;
const folder = mkdtempSync(join(tmpdir(), 'tapehead-report-'));
let sessions = 0;
let records = 0;
let refused = 0;
console.log(`seed ${firstSeed}`);
try {
  while (sessions === 0 || Date.now() < end) {
    const seed = firstSeed + sessions;
    try {
      session(seed);
    } catch (error) {
      console.log(`failed with seed ${seed}`);
      throw error;
    }
    sessions++;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  `${sessions} sessions, ${records} records: every figure as counted slowly; ${sessions * DAMAGES} damaged copies, ${refused} refusals of one line, no crash`,
);

function session(seed: number): void {
  const prng = new Prng(seed);
  const directory = join(folder, String(seed));
  const tape = new TradingTape(directory, SESSION_CONFIG);
  const steps = 300 + prng.below(2500);
  new TradingSession(tape, {
    seed,
    steps,
    rescaleAt: prng.below(2 * steps),
    stepNs: 1 + prng.below(200_000_000),
  }).run();
  tape.close();
  records += tape.seq;
  assertSameFigures(BacktestReport.of(directory).json, new NaiveReport(tape.written, MULTIPLIERS));
  const [segment] = readdirSync(directory).filter((name) => name.endsWith('.seg'));
  const path = join(directory, segment);
  const whole = readFileSync(path);
  for (let i = 0; i < DAMAGES; i++) {
    const bytes = Buffer.from(whole.subarray(0, prng.below(4) === 0 ? prng.below(whole.length) : whole.length));
    for (let flips = prng.below(3); flips >= 0 && bytes.length > 0; flips--) {
      bytes[prng.below(bytes.length)] ^= 1 << prng.below(8);
    }
    writeFileSync(path, bytes);
    for (const read of [
      () => BacktestReport.of(directory),
      () => orderStory(directory, 1 + prng.below(50), []),
      () => causeChain(directory, 1 + prng.below(tape.seq)),
    ]) {
      try {
        read();
      } catch (error) {
        assert.ok(error instanceof TapeheadError && !error.message.includes('\n'), String(error));
        refused++;
      }
    }
  }
  rmSync(directory, { recursive: true });
}
