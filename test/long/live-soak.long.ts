/**
 * A soak: `tapehead venue` makes flow in a process of its own, `tapehead live` keeps the books in another. The flow is set so that
 * MESSAGES (50000) messages of market data a second come, for MINUTES (10). Every ten seconds memory of both processes, rate, age of
 * the feed, gaps and how full the rings are is read; what grows beyond doubt fails. RATE (100000): flow to begin with; PROTOCOL (binance).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startTapehead } from '../support/command.ts';
import { grows, type MemoryLook, memoryFlags, memoryOf, type Slope, slopeOf } from '../support/memory-series.ts';

const MINUTES = Number(process.env.MINUTES ?? 10);
const MESSAGES = Number(process.env.MESSAGES ?? 50_000);
const RATE = Number(process.env.RATE ?? 100_000);
const PROTOCOL = process.env.PROTOCOL ?? 'binance';
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'];
const LOOK_SECONDS = 10;
/** Messages of flow for one of market data, at most: some 2.5 are enough where both processes have cores of their own. */
const MOST_FLOW = 4;
/** Threads start, code is compiled, heaps find their size; the flow is set meanwhile. */
const WARM_UP_LOOKS = Math.min(6, Math.floor((MINUTES * 60) / LOOK_SECONDS / 3));
/** A minute, beyond doubt. RSS of an engine whose log grows by segments is not smooth; in ten minutes it may be 30 MB more. */
const MOST_MB = 3;
const MOST_HEAP_MB = 1;
const MOST_AGE_MS = 5;
const MOST_RING_PERCENT = 2;

interface Look {
  readonly live: MemoryLook;
  readonly venue: MemoryLook;
  readonly rate: number;
  readonly ageMs: number;
  /** Percent, the fuller of the two. */
  readonly ring: number;
}

/** "1.2 ms" as ms. */
function msOf(text: string): number {
  const match = /([\d.]+) (ns|µs|ms|s)\b/.exec(text);
  if (match === null) return Number.NaN;
  return Number(match[1]) * { ns: 1e-6, µs: 1e-3, ms: 1, s: 1e3 }[match[2] as 'ms'];
}

const folder = mkdtempSync(join(tmpdir(), 'tapehead-soak-'));
const assets = SYMBOLS.map((symbol) => symbol.replace('USDT', '')).join(',');
const venue = startTapehead(
  ['venue', '--port', '0', '--protocol', PROTOCOL, '--symbols', assets, '--rate', String(RATE)],
  { nodeFlags: memoryFlags(folder, 'venue') },
);
try {
  const port = await new Promise<string>((resolve, reject) => {
    venue.child.stdout?.on('data', (text: string) => {
      const found = /127\.0\.0\.1:(\d+)/.exec(text);
      if (found !== null) resolve(found[1]);
    });
    venue.child.on('close', () => reject(new Error('the venue did not start')));
  });
  let flow = RATE;
  const setFlow = async (rate: number): Promise<void> => {
    flow = Math.round(rate);
    const body = JSON.stringify({ rate: flow });
    await fetch(`http://127.0.0.1:${port}/control/flow`, { method: 'POST', body });
  };
  const args = ['live', '--venue', `${PROTOCOL}=${SYMBOLS.join(',')}`, '--url', `ws://127.0.0.1:${port}/${PROTOCOL}`];
  args.push('--log', join(folder, 'log'), '--no-pin', '--json', '--for', `${MINUTES * 60}s`);
  const live = startTapehead(args, { nodeFlags: memoryFlags(folder, 'live') });
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
    await setTimeout(LOOK_SECONDS * 1e3);
    if (isOver) break;
    const look = {
      live: memoryOf(live.child.pid!, folder, 'live'),
      venue: memoryOf(venue.child.pid!, folder, 'venue'),
      rate: Number(/([\d,]+) messages\/s/.exec(line)?.[1].replaceAll(',', '') ?? Number.NaN),
      ageMs: msOf(/age ([^ ]+ [^ ]+)/.exec(line)?.[1] ?? ''),
      ring: Number(/rings (\d+) %/.exec(line)?.[1] ?? Number.NaN),
    };
    looks.push(look);
    const text = ({ rssMb, heapMb, externalMb, buffersMb }: MemoryLook): string =>
      `${[rssMb, heapMb, externalMb, buffersMb].map((mb) => mb.toFixed(1)).join(' / ')} MB`;
    console.log(
      `${looks.length * LOOK_SECONDS} s  live ${text(look.live)}  venue ${text(look.venue)}  flow ${flow}/s  ${line}`,
    );
    if (looks.length === 1) console.log('(rss / heaps / external / array buffers)');
    // The first look is of a start.
    if (looks.length > 1 && looks.length < WARM_UP_LOOKS && look.rate > 0) {
      await setFlow(Math.min(2 * flow, MOST_FLOW * MESSAGES, (flow * MESSAGES) / look.rate));
    }
  }
  const { code, stdout, stderr } = await live.done;
  assert.equal(code, 0, stderr);
  const summary = JSON.parse(stdout);
  const steady = looks.slice(WARM_UP_LOOKS);
  const rate = steady.reduce((sum, look) => sum + look.rate, 0) / steady.length;
  const rows: readonly [string, string, number, (look: Look) => number][] = [
    ['live RSS', 'MB', MOST_MB, (look) => look.live.rssMb],
    ['live heaps', 'MB', MOST_HEAP_MB, (look) => look.live.heapMb],
    ['live external', 'MB', MOST_HEAP_MB, (look) => look.live.externalMb],
    ['venue RSS', 'MB', MOST_MB, (look) => look.venue.rssMb],
    ['venue heap', 'MB', MOST_HEAP_MB, (look) => look.venue.heapMb],
    ['venue external', 'MB', MOST_HEAP_MB, (look) => look.venue.externalMb],
    ['age', 'ms', MOST_AGE_MS, (look) => look.ageMs],
    ['rings', '%', MOST_RING_PERCENT, (look) => look.ring],
  ];
  const growing: string[] = [];
  const said: string[] = [];
  for (const [name, unit, most, of] of rows) {
    const values = steady.map(of);
    const slope: Slope = slopeOf(values, LOOK_SECONDS);
    const text = `${name} ${values[0]?.toFixed(1)} to ${values.at(-1)?.toFixed(1)} ${unit} (${slope.perMinute.toFixed(2)} ± ${slope.within.toFixed(2)} a minute)`;
    said.push(text);
    console.log(text);
    assert.ok(values.every(Number.isFinite), `${name} was read every time`);
    if (grows(slope, most)) growing.push(text);
  }
  assert.deepEqual(growing, [], 'what grows');
  console.log(
    `${MINUTES} min of ${PROTOCOL}, ${rate.toFixed(0)} messages/s on average (${MESSAGES} wanted), ${SYMBOLS.length} books: ` +
      `${summary.events} events, ${summary.gaps} gaps; ${said.join(', ')}`,
  );
} finally {
  venue.child.kill('SIGINT');
  await venue.done;
  rmSync(folder, { recursive: true, force: true });
}
