/**
 * Entry of a worker thread: runs the stages of its roles until the run is over, and reports to the thread that started
 * it. Failures travel along the rings: a stage that stops tells its neighbours through them, so every thread ends by
 * itself and the log is closed behind what was journalled.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { LogSummary, LogWriter } from '../audit/log-writer.ts';
import type { RecoveryReport } from '../audit/recover.ts';
import type { Latch } from '../config/trading-identity.ts';
import { pinThisThread } from '../core/affinity.ts';
import { assert } from '../core/assert.ts';
import { monotonicNs } from '../core/clock.ts';
import { Counter, Telemetry } from '../core/counters.ts';
import { type ErrorCode, messageOf, TapeheadError } from '../core/errors.ts';
import { ENGINE_BATCH } from '../core/limits.ts';
import { thisThread } from '../core/machine-log.ts';
import { AuditTrace } from '../core/trace.ts';
import type { DetectedRecording } from '../feed/detect.ts';
import type { PortfolioModel } from '../portfolio/live/portfolio-state.ts';
import { JournalReader } from '../ring/journal.ts';
import { ReaderGoneError, SpscReader } from '../ring/spsc.ts';
import type { LimitUse } from '../risk/limit-use.ts';
import type { EngineReport, EngineStage } from './engine-stage.ts';
import type { FeedReport } from './feed-stage.ts';
import { GcWatch } from './gc-watch.ts';
import type { LiveWorkerStart } from './live/live-start.ts';
import type { LiveLink } from './live/live-turns.ts';
import type { RiskStage } from './portfolio/risk-stage.ts';
import { type RoleCode, roleCode } from './role-code.ts';
import { type ThreadUse, threadUse } from './thread-use.ts';
import { AUDIT_READER, LIMITS_QUERY, type Role, type WorkerStart } from './topology.ts';
import type { TradingSetup } from './trading/trading.ts';

/** `secondary`: this stage stopped because another one did. */
export interface WorkerFailure {
  readonly code: ErrorCode | 'BUG';
  readonly message: string;
  readonly stack: string | undefined;
  readonly secondary: boolean;
}

export type WorkerMessage =
  | { readonly type: 'log-open'; readonly recovered: RecoveryReport | null }
  | { readonly type: 'engine-open' }
  | { readonly type: 'risk-open' }
  /** What happens between the engine and its live venues, and what a live feed says; a line each. */
  | { readonly type: 'said'; readonly line: string }
  /** What is latched, whenever it changed. */
  | { readonly type: 'latched'; readonly latched: readonly Latch[] }
  | { readonly type: 'pinned'; readonly roles: readonly Role[]; readonly where: string }
  /** `machine`: the memory of the thread's MachineLog. */
  | {
      readonly type: 'ended';
      readonly roles: readonly Role[];
      readonly use: ThreadUse | null;
      readonly machine: SharedArrayBuffer;
    }
  /** In answer to `LIMITS_QUERY`. */
  | { readonly type: 'limits'; readonly use: readonly LimitUse[] }
  | { readonly type: 'feed'; readonly report: FeedReport }
  | { readonly type: 'engine'; readonly report: EngineReport }
  | { readonly type: 'log'; readonly summary: LogSummary; readonly closedNs: number }
  | { readonly type: 'failed'; readonly role: Role; readonly failure: WorkerFailure };

const MIN_EXPECTED_ORDERS = 1 << 10;
const MAX_EXPECTED_ORDERS = 1 << 20;

class StageThread {
  private readonly start: WorkerStart;
  private readonly code: RoleCode;
  private readonly telemetry: Telemetry;
  private engine: EngineStage | null = null;
  private audit: LogWriter | null = null;
  private risk: RiskStage | null = null;
  private readonly auditTrace: AuditTrace;
  private commandsTaken = 0;

  constructor(start: WorkerStart, code: RoleCode) {
    this.start = start;
    this.code = code;
    this.telemetry = new Telemetry(start.shared.telemetry);
    this.auditTrace = new AuditTrace(start.shared.trace);
  }

  async run(): Promise<void> {
    const { roles, execution } = this.start;
    const gcWatch = new GcWatch(thisThread);
    if (execution.pin) post({ type: 'pinned', roles, where: pinThisThread(this.start.pinIndex) });
    if (roles.includes('audit') && !this.guard('audit', () => this.openLog())) return;
    if (roles.includes('risk') && !(await this.startRisk())) return;
    if (roles.includes('engine')) await this.startEngine();
    if (roles.includes('feed')) await this.feed();
    if (this.engine !== null) this.guard('engine', () => this.finishEngine());
    if (this.risk !== null) this.guard('risk', () => this.risk?.run());
    if (this.audit !== null) this.guard('audit', () => this.finishAudit());
    await gcWatch.settle();
    post({ type: 'ended', roles, use: threadUse(), machine: thisThread.buffer });
  }

  private openLog(): void {
    const { shared, execution } = this.start;
    const { writer, recovered } = this.code.audit().openLogForRun(
      execution.logDir,
      { shared: shared.journal, reader: AUDIT_READER },
      {
        sync: execution.sync,
        // A run that is to have one thread has one; else the disk's half of the work goes where there is a core for it.
        ...(execution.threads === 1 ? {} : { disk: 'thread' as const }),
        onCommit: (_commitNs, _oldestNs, bytes, durableSeq) => this.committed(bytes, durableSeq),
      },
    );
    this.audit = writer;
    post({ type: 'log-open', recovered });
  }

  /** The session's midnight, ns since the Unix epoch. */
  private get midnight(): bigint {
    return BigInt(this.start.identity.sessionMidnightNs);
  }

  private async startRisk(): Promise<boolean> {
    const { identity, shared, execution } = this.start;
    const { RiskStage, RISK_READER, loadPortfolio } = this.code.risk();
    let model: PortfolioModel | null = null;
    let problem: unknown = null;
    try {
      const portfolio = identity.trading?.portfolio;
      assert(portfolio !== undefined, 'a run with a risk worker has a portfolio');
      model = await loadPortfolio(portfolio, execution.strategyDir, identity.seed, this.midnight);
    } catch (error) {
      problem = error;
    }
    return this.guard('risk', () => {
      if (model === null) throw problem;
      this.risk = new RiskStage(shared.journal, RISK_READER, shared.answers, model);
      post({ type: 'risk-open' });
    });
  }

  private async startEngine(): Promise<void> {
    const { trading, seed } = this.start.identity;
    let setup: TradingSetup | null = null;
    let problem: unknown = null;
    try {
      if (trading !== null) {
        const { loadTrading } = this.code.trading();
        setup = await loadTrading(trading, seed, this.start.execution.strategyDir, this.midnight);
      }
    } catch (error) {
      problem = error;
    }
    this.guard('engine', () => {
      if (problem !== null) throw problem;
      this.openEngine(setup);
    });
  }

  private openEngine(trading: TradingSetup | null): void {
    const { shared, identity, recording, live, execution } = this.start;
    const shares = this.audit !== null || this.risk !== null;
    const othersTurn = shares ? () => this.pumpRisk() + this.pumpAudit() : null;
    if (trading !== null) {
      trading.onLatch = (latched) => post({ type: 'latched', latched });
      trading.onVenue = (line) => post({ type: 'said', line });
    }
    const { EngineStage } = this.code.engine();
    const engine = new EngineStage({
      shared,
      identity,
      trading,
      expectedOrders: recording === null ? MIN_EXPECTED_ORDERS : expectedOrders(recording),
      othersTurn,
      link: live === null ? null : linkOf(live),
      continued:
        live === null || live.loggedRecords === 0 ? null : { directory: execution.logDir, records: live.loggedRecords },
    });
    this.engine = engine;
    engine.resume();
    engine.beforeTurn = () => this.takeCommands();
    post({ type: 'engine-open' });
  }

  /** Commands from outside, between two turns of the engine. */
  private takeCommands(): void {
    const { commands } = this.start;
    while (commands !== null && this.commandsTaken < this.telemetry.commandsAnnounced) {
      const received = receiveMessageOnPort(commands);
      if (received === undefined) return;
      this.commandsTaken++;
      if (received.message === LIMITS_QUERY) post({ type: 'limits', use: this.engine?.limitUse() ?? [] });
      else this.engine?.command(received.message);
    }
  }

  private async feed(): Promise<void> {
    const shared = this.engine !== null || this.audit !== null;
    try {
      const say = (line: string): void => post({ type: 'said', line });
      const report = await this.code.feed().runFeed(this.start, shared ? () => this.pump() : null, say);
      post({ type: 'feed', report });
    } catch (error) {
      fail('feed', error);
    }
  }

  /** One turn of every other stage on this thread; returns how much was done. */
  private pump(): number {
    let done = 0;
    if (this.engine !== null && !this.engine.isFinished) {
      this.guard('engine', () => {
        done += this.engine?.doWork(ENGINE_BATCH) ?? 0;
      });
    }
    return done + this.pumpRisk() + this.pumpAudit();
  }

  private pumpRisk(): number {
    let done = 0;
    if (this.risk !== null) {
      this.guard('risk', () => {
        done = this.risk?.doWork() ?? 0;
      });
    }
    return done;
  }

  private pumpAudit(): number {
    let done = 0;
    if (this.audit !== null) {
      this.guard('audit', () => {
        done = this.audit?.doWork() ?? 0;
      });
    }
    return done;
  }

  private finishEngine(): void {
    const engine = this.engine;
    assert(engine !== null, 'the engine stage is there');
    engine.run();
    post({ type: 'engine', report: engine.report() });
  }

  private finishAudit(): void {
    const audit = this.audit;
    assert(audit !== null, 'the audit stage is there');
    const summary = audit.run();
    this.telemetry.counters[Counter.Records] = summary.records;
    post({ type: 'log', summary, closedNs: monotonicNs() });
  }

  private committed(bytes: number, seq: number): void {
    const { counters } = this.telemetry;
    counters[Counter.DurableSeq] = seq;
    counters[Counter.Records] = this.audit?.records ?? seq;
    counters[Counter.LogBytes] += bytes;
    counters[Counter.Commits]++;
    this.auditTrace.durable(seq, monotonicNs());
  }

  /** Runs a step of a stage; on failure reports it, cuts the stage loose from its neighbours and returns false. */
  private guard(role: Role, step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      fail(role, error);
      if (role === 'engine') {
        if (this.engine !== null) this.engine.abort();
        else JournalReader.closeFor(this.start.shared.journal); // it failed to open: nobody else closes the ring
        SpscReader.abandon(this.start.shared.feedRing);
      } else if (role === 'audit') {
        this.audit = null;
      } else if (role === 'risk') {
        this.risk = null;
        this.code.risk().dismissRisk(this.start.shared);
      }
      return false;
    }
  }
}

/** A guess that costs little where it is wrong: a full market has a live order for some 256 bytes of its first hours. */
function expectedOrders(recording: DetectedRecording): number {
  const guess = recording.format === 'itch50' ? recording.totalBytes / 256 : 0;
  return Math.min(MAX_EXPECTED_ORDERS, Math.max(MIN_EXPECTED_ORDERS, Math.floor(guess)));
}

function linkOf({ clockOriginNs, cancelWaitNs, venues }: LiveWorkerStart): LiveLink {
  return { now: () => clockOriginNs + monotonicNs(), cancelWaitNs, venues };
}

function post(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

function fail(role: Role, error: unknown): void {
  post({
    type: 'failed',
    role,
    failure: {
      code: error instanceof TapeheadError ? error.code : 'BUG',
      message: messageOf(error),
      stack: error instanceof Error ? error.stack : undefined,
      secondary: error instanceof ReaderGoneError,
    },
  });
}

const start = workerData as WorkerStart;
await new StageThread(start, await roleCode(start)).run();
