/**
 * A process of many clients of a dashboard: they subscribe, count what they get and keep what they were told last. Some never
 * read. A process of its own, as clients are: what it does to its memory concerns the engine's process in nothing.
 */
import { decode, encode } from '@msgpack/msgpack';
import { WebSocket } from 'ws';
import { keepOffEngineCore } from '../../src/core/affinity.ts';
import { ClientFrame, ServerFrame, SUBPROTOCOL } from '../../src/dashboard/protocol.ts';
import { DEPTH_LEVELS, type Values } from './dashboard-stage.ts';

export interface ClientsJob {
  readonly url: string;
  readonly token: string;
  readonly clients: number;
  /** Of them, so many never read. */
  readonly deaf: number;
  /** Updates a second. */
  readonly rate: number;
}

export type ClientsQuestion =
  | { readonly type: 'open'; readonly job: ClientsJob }
  | { readonly type: 'counts' }
  | { readonly type: 'check'; readonly values: Values };

/** Updates and their bytes so far; of `check`, what was looked at and what was wrong. */
export interface ClientsAnswer {
  readonly updates: number;
  readonly bytes: number;
  readonly open: number;
  readonly checked: number;
  readonly wrong: readonly string[];
  readonly cores: string;
}

/** Subscriptions of every client. */
const TOP = 1;
const DEPTH = 2;
/** Connections made at a time. */
const AT_ONCE = 50;

class BenchClient {
  updates = 0;
  bytes = 0;
  private readonly socket: WebSocket;
  /** The last frame of each subscription; undecoded, as most are never looked at. */
  private readonly last: (Buffer | null)[] = [null, null, null];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => this.take(data));
  }

  static async open({ url, token, rate }: ClientsJob, isDeaf: boolean): Promise<BenchClient> {
    const headers = { Authorization: `Bearer ${token}` };
    const socket = new WebSocket(url, SUBPROTOCOL, { headers, perMessageDeflate: false, skipUTF8Validation: true });
    const client = new BenchClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    socket.send(encode([ClientFrame.Subscribe, TOP, 'top', { rate }]));
    socket.send(encode([ClientFrame.Subscribe, DEPTH, 'depth', { rate, instrument: 0, depth: DEPTH_LEVELS }]));
    if (isDeaf) socket.pause();
    return client;
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** What it was told last differs from these; '' where it does not. */
  wrong({ top, depth }: Values): string {
    const [row] = this.payload(TOP) as readonly unknown[];
    if (JSON.stringify(row) !== top) return `top ${JSON.stringify(row)}, not ${top}`;
    const ladder = JSON.stringify(this.payload(DEPTH));
    return ladder === depth ? '' : `depth ${ladder}, not ${depth}`;
  }

  private payload(id: number): unknown {
    const frame = this.last[id];
    return frame === null ? [] : (decode(frame) as readonly unknown[])[3];
  }

  /** Data frames: array of four, type, uint 16, uint 32, payload (src/dashboard/frames.ts). */
  private take(frame: Buffer): void {
    const type = frame[1];
    if (type !== ServerFrame.Update && type !== ServerFrame.Snapshot) return;
    this.last[frame.readUInt16BE(3)] = frame;
    this.updates++;
    this.bytes += frame.length;
  }
}

if (process.send !== undefined) serve();

function serve(): void {
  const cores = keepOffEngineCore();
  const clients: BenchClient[] = [];
  let listening: readonly BenchClient[] = [];
  const answer = (checked: number, wrong: readonly string[]): ClientsAnswer => ({
    updates: clients.reduce((sum, client) => sum + client.updates, 0),
    bytes: clients.reduce((sum, client) => sum + client.bytes, 0),
    open: clients.filter((client) => client.isOpen).length,
    ...{ checked, wrong, cores },
  });
  process.on('disconnect', () => process.exit(0));
  process.on('message', async (question: ClientsQuestion) => {
    if (question.type === 'open') {
      clients.push(...(await openAll(question.job)));
      listening = clients.slice(question.job.deaf);
    }
    const wrong = question.type === 'check' ? listening.map((one) => one.wrong(question.values)) : [];
    process.send?.(
      answer(
        wrong.length,
        wrong.filter((text) => text !== ''),
      ),
    );
  });
}

async function openAll(job: ClientsJob): Promise<BenchClient[]> {
  const clients: BenchClient[] = [];
  while (clients.length < job.clients) {
    const first = clients.length;
    const count = Math.min(AT_ONCE, job.clients - first);
    clients.push(
      ...(await Promise.all(Array.from({ length: count }, (_, k) => BenchClient.open(job, first + k < job.deaf)))),
    );
  }
  return clients;
}
