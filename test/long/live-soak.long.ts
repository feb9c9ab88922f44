/**
 * A soak: `tapehead venue` makes RATE messages a second of flow in a process of its own, `tapehead live` keeps the books in another.
 * Memory, age of the feed, gaps and rates are read every ten seconds. MINUTES (10), RATE (50000), PROTOCOL (binance), REDUNDANCY.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startTapehead } from '../support/command.ts';

const MINUTES = Number(process.env.MINUTES ?? 10);
const RATE = Number(process.env.RATE ?? 50_000);
const PROTOCOL = process.env.PROTOCOL ?? 'binance';
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'];
const LOOK_MS = 10_000;
/** Threads start, code is compiled, heaps find their size. */
const WARM_UP_LOOKS = 3;
const MAX_GROWTH_MB = 60;

interface Look {
  readonly rssMb: number;
  readonly line: string;
  readonly ageMs: number;
}

function rssMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

/** Of "age 1.2 ms" in a progress line. */
function ageOf(line: string): number {
  const match = /age ([\d.]+) (ns|µs|ms|s)\b/.exec(line);
  if (match === null) return Number.NaN;
  return Number(match[1]) * { ns: 1e-6, µs: 1e-3, ms: 1, s: 1e3 }[match[2] as 'ms'];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const folder = mkdtempSync(join(tmpdir(), 'tapehead-soak-'));
const assets = SYMBOLS.map((symbol) => symbol.replace('USDT', '')).join(',');
const venue = startTapehead([
  'venue',
  '--port',
  '0',
  '--protocol',
  PROTOCOL,
  '--symbols',
  assets,
  '--rate',
  String(RATE),
]);
try {
  const port = await new Promise<string>((resolve, reject) => {
    venue.child.stdout?.on('data', (text: string) => {
      const found = /127\.0\.0\.1:(\d+)/.exec(text);
      if (found !== null) resolve(found[1]);
    });
    venue.child.on('close', () => reject(new Error('the venue did not start')));
  });
  const args = ['live', '--venue', `${PROTOCOL}=${SYMBOLS.join(',')}`, '--url', `ws://127.0.0.1:${port}/${PROTOCOL}`];
  args.push('--log', join(folder, 'log'), '--no-pin', '--json', '--for', `${MINUTES * 60}s`);
  const live = startTapehead(args);
  let line = '';
  live.child.stderr?.on('data', (text: string) => {
    for (const one of text.split('\n')) if (/messages\/s/.test(one)) line = one;
  });
  let isOver = false;
  void live.done.then(() => {
    isOver = true;
  });
  const looks: Look[] = [];
  for (;;) {
    await setTimeout(LOOK_MS);
    if (isOver) break;
    looks.push({ rssMb: rssMb(live.child.pid!), line, ageMs: ageOf(line) });
    console.log(`${looks.at(-1)?.rssMb.toFixed(0)} MB  ${line}`);
  }
  const { code, stdout, stderr } = await live.done;
  assert.equal(code, 0, stderr);
  const summary = JSON.parse(stdout);
  const steady = looks.slice(WARM_UP_LOOKS);
  const half = steady.length >> 1;
  const [early, late] = [steady.slice(0, half), steady.slice(half)];
  const growth = mean(late.map((look) => look.rssMb)) - mean(early.map((look) => look.rssMb));
  const [ageBefore, ageAfter] = [early, late].map((part) => mean(part.map((look) => look.ageMs)));
  console.log(
    `${MINUTES} min of ${PROTOCOL} at ${RATE} messages/s of flow, ${SYMBOLS.length} books: ${summary.events} events, ` +
      `${summary.gaps} gaps; RSS ${early[0]?.rssMb.toFixed(0)} MB, then ${late.at(-1)?.rssMb.toFixed(0)} MB (mean of halves ${growth >= 0 ? '+' : ''}${growth.toFixed(1)}); ` +
      `age ${ageBefore.toFixed(1)} ms, then ${ageAfter.toFixed(1)} ms`,
  );
  assert.ok(growth < MAX_GROWTH_MB, 'memory grows');
  assert.ok(!(ageAfter > 4 * ageBefore + 50), 'the feed falls behind');
} finally {
  venue.child.kill('SIGINT');
  await venue.done;
  rmSync(folder, { recursive: true, force: true });
}
