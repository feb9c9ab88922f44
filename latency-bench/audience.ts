/**
 * A dashboard over an engine's journal and its clients, for as long as a benchmark needs them: a thread and a process, both kept
 * off the engine's core. It can be parked.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createTelemetryBuffer } from '../src/core/counters.ts';
import { servingOptions } from '../src/dashboard/options.ts';
import type { StageStart } from '../src/dashboard/stage.ts';
import { makeTokens } from '../src/dashboard/tokens.ts';
import type { ServerLibrary } from '../src/net/server.ts';
import type { JournalShared } from '../src/ring/journal.ts';
import { check } from './benchmark.ts';
import type { ClientsAnswer, ClientsQuestion } from './workers/dashboard-clients.ts';
import {
  Parking,
  type StageAnswer,
  type StageJob,
  type StageQuestion,
  type Values,
} from './workers/dashboard-stage.ts';

const UNLIMITED = { perSecond: 1e9, burst: 1e9 };
/** Nothing has come for so long: whatever was on its way is there. */
const SETTLED_MS = 150;
/** ... and it must have settled by then. */
const SETTLE_LIMIT_MS = 20_000;

export interface Crowd {
  readonly clients: number;
  /** Of them, so many never read. */
  readonly deaf: number;
  /** Updates a second of each of a client's two subscriptions. */
  readonly rate: number;
}

export interface Counts {
  readonly updates: number;
  readonly bytes: number;
  /** Processor time of the dashboard's thread. */
  readonly cpuNs: number;
}

/** The log of a scene, on a thread of its own that waits in the kernel while nothing is journalled. */
export function startLog(journal: JournalShared): Worker {
  return new Worker(new URL('./workers/dashboard-log.js', import.meta.url), { workerData: journal });
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Audience {
  /** Where its thread and its clients may run. */
  readonly cores: string;
  private readonly crowd: Crowd;
  private readonly stage: Worker;
  private readonly clients: ChildProcess;
  private readonly parking: Int32Array;

  private constructor(crowd: Crowd, stage: Worker, clients: ChildProcess, parking: Int32Array, cores: string) {
    this.crowd = crowd;
    this.stage = stage;
    this.clients = clients;
    this.parking = parking;
    this.cores = cores;
  }

  /** Reader 1 of the journal is the dashboard's; its scene has been opened and not been worked on. */
  static async gather(journal: JournalShared, library: ServerLibrary, crowd: Crowd): Promise<Audience> {
    const tokens = makeTokens();
    const limits = { frames: UNLIMITED, connects: UNLIMITED, commands: UNLIMITED, clients: 1e5, clientsOfAddress: 1e5 };
    const start: StageStart = {
      serving: servingOptions({ port: 0, tokens, limits, library }),
      ...{ journal, reader: 1, journalReaders: ['audit', 'dashboard'], telemetry: createTelemetryBuffer() },
      ...{ feedRing: null, logDirectory: '', mode: 'bench', tapehead: '', checkNames: [], assetsDirectory: null },
    };
    const parking = new SharedArrayBuffer(4);
    const workerData: StageJob = { start, parking };
    const stage = new Worker(new URL('./workers/dashboard-stage.js', import.meta.url), { workerData });
    const { url, cores } = (await answerOf(stage)) as { url: string; cores: string };
    const clients = fork(fileURLToPath(new URL('./workers/dashboard-clients.js', import.meta.url)));
    const audience = new Audience(crowd, stage, clients, new Int32Array(parking), `${library} ${cores}`);
    try {
      const job = { url: `${url.replace('http', 'ws')}socket`, token: tokens.view ?? '', ...crowd };
      const { open, cores: ofClients } = await audience.ask({ type: 'open', job });
      check(open === crowd.clients, `${open} of ${crowd.clients} clients are connected`);
      check(ofClients === cores, `clients run on the dashboard's cores: ${ofClients}, ${cores}`);
      return audience;
    } catch (error) {
      await audience.close();
      throw error;
    }
  }

  async counts(): Promise<Counts> {
    const { cpuNs } = (await this.question('use')) as { cpuNs: number };
    const { updates, bytes } = await this.ask({ type: 'counts' });
    return { updates, bytes, cpuNs };
  }

  /** Resolves once the dashboard's thread waits in the kernel and no client has anything left to read. */
  async park(): Promise<void> {
    if (Atomics.compareExchange(this.parking, 0, Parking.On, Parking.Wanted) === Parking.Parked) return;
    while (Atomics.load(this.parking, 0) !== Parking.Parked) await pause(1);
    let { updates } = await this.ask({ type: 'counts' });
    for (;;) {
      await pause(5);
      const now = (await this.ask({ type: 'counts' })).updates;
      if (now === updates) return;
      updates = now;
    }
  }

  resume(): void {
    Atomics.store(this.parking, 0, Parking.On);
    Atomics.notify(this.parking, 0);
  }

  /** The engine stands still: every client that reads must come to have what the dashboard's model has. */
  async check(): Promise<void> {
    const { clients, deaf } = this.crowd;
    const limitMs = performance.now() + SETTLE_LIMIT_MS;
    for (let before = -1; ; ) {
      const { updates } = await this.ask({ type: 'counts' });
      if (updates === before) break;
      check(performance.now() < limitMs, 'clients come to rest when the engine does');
      before = updates;
      await pause(SETTLED_MS + 2000 / this.crowd.rate);
    }
    const values = (await this.question('values')) as Values;
    const { checked, wrong, open } = await this.ask({ type: 'check', values });
    check(open === clients, `${open} of ${clients} clients are still connected`);
    check(checked === clients - deaf, `${checked} clients were looked at`);
    check(wrong.length === 0, `${wrong.length} clients have other values than the model: ${wrong[0]}`);
  }

  async close(): Promise<void> {
    this.resume();
    const gone = new Promise<void>((resolve) => this.stage.once('exit', () => resolve()));
    const left = new Promise<void>((resolve) => this.clients.once('exit', () => resolve()));
    this.clients.disconnect();
    this.stage.postMessage('end' satisfies StageQuestion);
    await Promise.all([gone, left]);
  }

  private question(question: StageQuestion): Promise<StageAnswer> {
    const answer = answerOf(this.stage);
    this.stage.postMessage(question);
    return answer;
  }

  private ask(question: ClientsQuestion): Promise<ClientsAnswer> {
    const { clients } = this;
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`the clients' process ended with ${code}`));
      clients.once('exit', ended);
      clients.once('message', (answer) => {
        clients.off('exit', ended);
        resolve(answer as ClientsAnswer);
      });
      clients.send(question);
    });
  }
}

function answerOf(stage: Worker): Promise<StageAnswer> {
  return new Promise((resolve, reject) => {
    const take = (answer: StageAnswer): void => {
      stage.off('error', reject);
      resolve(answer);
    };
    stage.once('message', take);
    stage.once('error', reject);
  });
}
