/** The whole spine from a file, log on: messages a second by topology, and where the time goes. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionOptions } from '../../src/config.ts';
import { STAGE_NAMES, Stage } from '../../src/core/counters.ts';
import { failureOf, type Run, type RunReport, startReplay } from '../../src/engine.ts';
import { type DetectedRecording, detectRecording } from '../../src/feed/detect.ts';
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  check,
  type Figure,
  type Goal,
  type Json,
  type LatencyFigure,
} from '../benchmark.ts';
import { identityOf } from '../identity.ts';

const ROUNDS = 3;

type Topology = Pick<ExecutionOptions, 'threads' | 'sync' | 'pin'>;

/** The first is what `tapehead replay` does when it is not told otherwise. */
const TOPOLOGIES: readonly Topology[] = [
  { threads: 3, sync: true, pin: true },
  { threads: 3, sync: false, pin: true },
  { threads: 3, sync: true, pin: false },
  { threads: 2, sync: true, pin: true },
  { threads: 2, sync: false, pin: true },
  { threads: 2, sync: true, pin: false },
  { threads: 1, sync: true, pin: false },
];
const SMOKE_TOPOLOGIES: readonly Topology[] = [TOPOLOGIES[0], TOPOLOGIES[4], TOPOLOGIES[6]];

export const benchmark: Benchmark = {
  name: 'spine',
  summary: 'recording → feed → ring → books → journal → audit log, from start to closed log',
  run,
};

/** One replay and what it told. */
interface Replay {
  readonly messagesPerSecond: number;
  readonly report: RunReport;
  readonly telemetry: Run['telemetry'];
}

async function run(context: BenchContext): Promise<BenchResult> {
  const file = await context.itchFile();
  const recording = await detectRecording([file.path]);
  const rounds = context.smoke ? 1 : ROUNDS;
  const topologies = context.smoke ? SMOKE_TOPOLOGIES : TOPOLOGIES;
  const replays = topologies.map((): Replay[] => []);
  for (let round = 1; round <= rounds; round++) {
    for (const [i, topology] of topologies.entries()) {
      const one = await replay(context, recording, topology);
      replays[i].push(one);
      context.progress(
        `round ${round} of ${rounds}: ${nameOf(topology)}: ${(one.messagesPerSecond / 1e6).toFixed(2)} M messages/s`,
      );
    }
  }
  return result(file.origin, topologies, replays);
}

async function replay(context: BenchContext, recording: DetectedRecording, topology: Topology): Promise<Replay> {
  const identity = identityOf(recording);
  const logDir = join(context.folder(), 'log');
  const run = startReplay(recording, identity, {
    ...topology,
    logDir,
    strategyDir: '.',
    speed: Number.POSITIVE_INFINITY,
  });
  const report = await run.done;
  rmSync(logDir, { recursive: true, force: true });
  const failure = failureOf(report);
  if (failure !== null) throw failure;
  const messages = report.feed?.messages ?? 0;
  return { messagesPerSecond: Math.round((messages / report.elapsedMs) * 1e3), report, telemetry: run.telemetry };
}

function result(origin: string, topologies: readonly Topology[], replays: readonly (readonly Replay[])[]): BenchResult {
  const all = replays.flat().map(({ report }) => report);
  const [{ feed, engine, log }] = all;
  check(feed !== null && engine !== null && log?.closed === true, 'a run ended without its reports');
  for (const other of all) {
    check(
      other.engine?.stateHash === engine.stateHash,
      `books ${engine.stateHash} in one run, ${other.engine?.stateHash} in another`,
    );
    check(
      other.log?.headHash === log.headHash,
      `head hash ${log.headHash} in one run, ${other.log?.headHash} in another`,
    );
  }
  const figures: Figure[] = replays.map((runs, i) => ({
    name: nameOf(topologies[i]),
    unit: 'messages/s',
    better: 'higher',
    runs: runs.map(({ messagesPerSecond }) => messagesPerSecond),
  }));
  const bests = replays.map(bestOf);
  const latencies = STAGE_NAMES.map(
    (name, stage): LatencyFigure => ({
      name: `${name} (${nameOf(topologies[0])})`,
      kind: 'stage',
      parts: [bests[0].telemetry.stages[stage]],
    }),
    // A replay at full speed has no schedule and no orders: those stages are empty.
  ).filter(({ parts: [histogram] }) => histogram.count > 0);
  const notes = [
    `file: ${origin}, ${feed.messages} messages, ${engine.events} events, ${log.records} log records, ${log.bytes} bytes`,
    `all ${all.length} runs: state hash ${engine.stateHash}, head hash ${log.headHash}`,
    'where the time goes, in the best run of each (a spinning thread is busy too; waited = ready, but without a core):',
    ...bests.map((one, i) => `  ${nameOf(topologies[i])}: ${whereText(one)}`),
  ];
  const goals: Goal[] = [
    {
      name: 'best with the log synced, two cores',
      value: Math.max(...figures.filter((_, i) => topologies[i].sync).flatMap(({ runs }) => runs)),
      unit: 'messages/s',
      limit: 3e6,
      better: 'higher',
    },
    {
      name: `processor time of the engine's thread to that of the log's (${nameOf(topologies[0])})`,
      value: engineToLog(bests[0]),
      unit: 'x',
      limit: 1,
      better: 'higher',
    },
  ];
  const details = {
    messages: feed.messages,
    events: engine.events,
    logRecords: log.records,
    logBytes: log.bytes,
    stateHash: engine.stateHash,
    headHash: log.headHash,
    messagesPerSecond: bests[0].messagesPerSecond,
    topologies: bests.map((one, i) => ({ ...topologies[i], messagesPerSecond: one.messagesPerSecond, ...where(one) })),
  };
  return {
    figures,
    latencies,
    goals,
    notes,
    topology:
      '3 threads (feed, engine, audit), 2 (feed and audit together) or 1, as the figure says; spin then park; with more than one, another writes and syncs full groups',
    details,
  };
}

function bestOf(replays: readonly Replay[]): Replay {
  return replays.reduce((a, b) => (b.messagesPerSecond > a.messagesPerSecond ? b : a));
}

function nameOf({ threads, sync, pin }: Topology): string {
  return `${threads} thread${threads === 1 ? '' : 's'}, ${sync ? 'synced' : 'not synced'}, ${pin ? 'pinned' : 'not pinned'}`;
}

interface Where {
  readonly decodeNs: number;
  readonly engineNs: number;
  readonly engineShare: number;
  readonly threadUse: readonly {
    readonly roles: string;
    readonly busyShare: number | null;
    readonly waitedShare: number | null;
  }[];
}

/** Work per event by stage, and what each thread got of the machine as a share of the run. */
function where({ report, telemetry }: Replay): Where {
  const elapsedNs = report.elapsedMs * 1e6;
  const share = (ns: number): number => Math.round((ns / elapsedNs) * 1000) / 1000;
  const engineNs = telemetry.stages[Stage.Engine].meanNs;
  return {
    decodeNs: Math.round(telemetry.stages[Stage.Decode].meanNs),
    engineNs: Math.round(engineNs),
    engineShare: share(engineNs * (report.engine?.events ?? 0)),
    threadUse: report.threads.map(({ roles, use }) => ({
      roles: roles.join('+'),
      busyShare: use === null ? null : share(use.cpuNs),
      waitedShare: use === null ? null : share(use.waitedForCoreNs),
    })),
  };
}

function whereText(one: Replay): string {
  const { decodeNs, engineNs, engineShare, threadUse } = where(one);
  const percent = (share: Json): string => (typeof share === 'number' ? `${Math.round(share * 100)} %` : 'not known');
  const limit = threadUse.reduce((a, b) => ((b.busyShare ?? 0) > (a.busyShare ?? 0) ? b : a));
  const use = threadUse.map(
    ({ roles, busyShare, waitedShare }) => `${roles} busy ${percent(busyShare)}, waited ${percent(waitedShare)}`,
  );
  return `decode ${decodeNs} ns/event, engine ${engineNs} ns/event (${percent(engineShare)} of the run); ${use.join('; ')}; the limit is ${limit.roles}`;
}

/** Above 1 the engine is what limits the spine, and not the log. 1 where threads of their own or their times are not known. */
function engineToLog(one: Replay): number {
  const busyOf = (role: string): number =>
    Number(where(one).threadUse.find(({ roles }) => roles === role)?.busyShare ?? 0);
  return busyOf('audit') === 0 ? 1 : busyOf('engine') / busyOf('audit');
}
