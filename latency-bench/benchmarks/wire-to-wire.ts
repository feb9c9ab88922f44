/**
 * From a datagram of market data to the datagram of an order, on loopback: a C++ client sends a MoldUDP64 packet, waits for
 * the order, checks it, sends the next. Beside it the same client with an echo in C++, which is what the sockets alone cost.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Histogram } from '../../src/core/histogram.ts';
import { loadLibc } from '../../src/feed/live/itch/native-udp.ts';
import type { UdpLibrary } from '../../src/feed/live/itch/udp-sockets.ts';
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  check,
  type Goal,
  type LatencyFigure,
} from '../benchmark.ts';
import { total } from '../measured.ts';
import { WireScript } from '../wire-script.ts';
import { Hand } from '../workers/crew.ts';
import type { WireAnswer, WireJob } from '../workers/wire-worker.ts';

const PROGRAM = new URL('../workers/wire-worker.js', import.meta.url);
const FULL = { rounds: 5, warmUp: 10_000, trips: 20_000 };
const SMOKE = { rounds: 1, warmUp: 200, trips: 500 };
/** What the project has set itself: a whole engine between the sockets costs half as much again as the sockets. */
const GOAL = 1.5;
const SEED = 11;

export const benchmark: Benchmark = {
  name: 'wire-to-wire',
  summary: 'UDP in → arbiter → decode → ring → engine (journal, books) → order out on UDP, beside an echo in C++',
  run,
};

async function run(context: BenchContext): Promise<BenchResult> {
  const load = context.smoke ? SMOKE : FULL;
  const program = await context.cxx('wire');
  if (program.path === null) return nothing(`no client: ${program.absent}`);
  const libc = loadLibc();
  const libraries: readonly UdpLibrary[] = typeof libc === 'string' ? ['dgram'] : ['koffi', 'dgram'];
  const script = new WireScript(SEED, load.warmUp + load.trips);
  const warmUp = script.buildUp + load.warmUp;
  const folder = context.folder();
  const files = { echo: join(folder, 'echo'), orders: join(folder, 'orders') };
  writeFileSync(files.echo, script.file(true));
  writeFileSync(files.orders, script.file(false));
  const count = warmUp + load.trips;
  const parts = new Map<string, Histogram[]>();
  const add = (name: string, part: Histogram): void => {
    check(part.count === load.trips, `${name}: ${part.count} round trips of ${load.trips}`);
    parts.set(name, [...(parts.get(name) ?? []), part]);
  };
  let pinned = '';
  for (let round = 0; round < load.rounds; round++) {
    context.progress(`round ${round + 1} of ${load.rounds}`);
    add('C++ echo', await echoRound(program.path, files.echo, warmUp, count));
    for (const library of libraries) {
      const { trips, answer } = await ourRound(program.path, files.orders, warmUp, count, library);
      add(`tapehead, ${library}`, trips);
      pinned = answer.pinned;
    }
  }
  return result(parts, typeof libc === 'string' ? libc : '', count, pinned);
}

async function echoRound(program: string, file: string, warmUp: number, count: number): Promise<Histogram> {
  const server = spawn(program, ['echo'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const client = new Client(program, file, warmUp);
    await client.port();
    client.start(await portOf(new Lines(server)));
    return await client.trips(count);
  } finally {
    server.kill();
  }
}

async function ourRound(
  program: string,
  file: string,
  warmUp: number,
  count: number,
  library: UdpLibrary,
): Promise<{ trips: Histogram; answer: WireAnswer }> {
  const hand = new Hand<WireJob, WireAnswer>(PROGRAM);
  try {
    const { port } = await hand.run({ kind: 'open', library });
    const client = new Client(program, file, warmUp);
    const ended = hand.run({ kind: 'run', clientPort: await client.port() });
    client.start(port);
    const trips = await client.trips(count);
    const answer = await ended;
    check(answer.orders === count && answer.lost === 0, `${answer.orders} orders for ${count} packets`);
    return { trips, answer };
  } finally {
    await hand.end();
  }
}

/** One run of the client: its answers are checked in it, one by one. */
class Client {
  private readonly child: ChildProcess;
  private readonly lines: Lines;

  constructor(program: string, file: string, warmUp: number) {
    this.child = spawn(program, ['client', file, String(warmUp)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = new Lines(this.child);
  }

  port(): Promise<number> {
    return portOf(this.lines);
  }

  start(serverPort: number): void {
    this.child.stdin?.end(`${serverPort}\n`);
  }

  async trips(count: number): Promise<Histogram> {
    const [first, ...rest] = await this.lines.rest();
    check(first === `answers ${count}`, `the client ended with ${JSON.stringify(first ?? 'nothing')}`);
    const histogram = Histogram.fine();
    for (const line of rest) {
      const [ns, trips] = line.split(' ').map(Number);
      histogram.record(ns, trips);
    }
    return histogram;
  }
}

/** The lines that a program prints, the first of them as soon as it is there. */
class Lines {
  private text = '';
  private readonly closed: Promise<void>;
  private wake: () => void = () => {};

  constructor(child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
      this.wake();
    });
    this.closed = new Promise((resolve) => child.on('close', () => resolve()));
  }

  async first(): Promise<string> {
    const line = new Promise<void>((resolve) => {
      this.wake = () => {
        if (this.text.includes('\n')) resolve();
      };
      this.wake();
    });
    await Promise.race([line, this.closed]);
    const end = this.text.indexOf('\n');
    const first = this.text.slice(0, Math.max(0, end));
    this.text = this.text.slice(end + 1);
    return first;
  }

  async rest(): Promise<string[]> {
    await this.closed;
    return this.text.trimEnd().split('\n');
  }
}

async function portOf(lines: Lines): Promise<number> {
  const match = /^port (\d+)$/.exec(await lines.first());
  check(match !== null, 'the C++ program has no port');
  return Number(match[1]);
}

function result(parts: Map<string, Histogram[]>, absent: string, count: number, pinned: string): BenchResult {
  const latencies: LatencyFigure[] = [...parts].map(([name, some]) => ({ name, kind: 'round-trip', parts: some }));
  const goals: Goal[] = [];
  const echo = total(parts.get('C++ echo') ?? []);
  const ours = parts.get('tapehead, koffi');
  if (ours !== undefined) {
    for (const [name, quantile] of [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const) {
      const value = Math.round((total(ours).quantile(quantile) / echo.quantile(quantile)) * 1000) / 1000;
      goals.push({ name: `koffi over the C++ echo, ${name}`, value, unit: 'x', limit: GOAL, better: 'lower' });
    }
  }
  return {
    figures: [],
    latencies,
    goals,
    topology: `the client and the server, a core each, both spinning; server ${pinned}`,
    notes: [
      `${count} packets of one ITCH message a round, the first ${count - total([parts.values().next().value?.[0] ?? Histogram.fine()]).count} to warm up; 50 instruments, 2,000 orders; every order was compared with a plain book's`,
      'journal on, no log: the records are dropped',
      ...(absent === '' ? [] : [`no koffi: ${absent}`]),
    ],
    details: {},
  };
}

function nothing(note: string): BenchResult {
  return { figures: [], latencies: [], topology: 'none', notes: [note], details: {} };
}
