/** What `tapehead replay` prints at the end: a page for people, or one JSON object for machines. */

import type { LogSummary } from '../audit/log-writer.ts';
import { STAGE_NAMES } from '../core/counters.ts';
import { EVENT_KIND_NAMES } from '../core/event.ts';
import { INCIDENT_NAMES, type Incident } from '../core/machine-log.ts';
import { formatSessionTime } from '../core/time.ts';
import type { EngineReport } from '../engine/engine-stage.ts';
import type { FeedReport } from '../engine/feed-stage.ts';
import type { Run, RunReport, ThreadReport } from '../engine.ts';
import { bytes, count, duration, plural, type Terminal, table } from './terminal.ts';

export interface SummaryContext {
  readonly command: string;
  readonly recordings: readonly string[];
  readonly format: string;
  readonly logDir: string;
  readonly interrupted: boolean;
}

/** A run whose feed, engine and log all ended well. */
export interface CompleteReport extends RunReport {
  readonly feed: FeedReport;
  readonly engine: EngineReport;
  readonly log: LogSummary;
}

export function summaryJson(report: CompleteReport, run: Run, context: SummaryContext): object {
  const { feed, engine, log } = report;
  return {
    recordings: context.recordings,
    format: context.format,
    messages: feed.messages,
    messagesByType: Object.fromEntries(feed.messagesByType),
    events: engine.events,
    eventsByKind: Object.fromEntries(kindCounts(engine)),
    instruments: engine.instruments,
    gaps: engine.gaps,
    duplicates: engine.duplicates,
    outOfOrder: engine.outOfOrder,
    checksumFailures: engine.checksumFailures,
    checksumsVerified: feed.checksumsVerified,
    unknownOrders: engine.unknownOrders,
    duplicateOrders: engine.duplicateOrders,
    badValues: engine.badValues,
    crossed: engine.crossed,
    locked: engine.locked,
    stale: engine.stale,
    truncated: feed.truncated,
    interrupted: context.interrupted,
    notes: feed.notes,
    elapsedMs: Math.round(report.elapsedMs * 1e3) / 1e3,
    messagesPerSecond: Math.round(feed.messages / (report.elapsedMs / 1e3)),
    latency: Object.fromEntries(STAGE_NAMES.map((name, i) => [name, run.telemetry.stages[i].summary()])),
    traces: report.traces,
    threads: report.threads.map(threadJson),
    stateHash: engine.stateHash,
    log: { dir: context.logDir, records: log.records, bytes: log.bytes, headHash: log.headHash },
  };
}

export function summaryText(report: CompleteReport, run: Run, context: SummaryContext, terminal: Terminal): string {
  const { feed, engine, log } = report;
  const lines: string[] = [];
  const line = (label: string, text: string) => lines.push(`  ${terminal.bold(label.padEnd(13))} ${text}\n`);
  lines.push(
    `${terminal.bold(`tapehead ${context.command}`)}  ${context.recordings.join(' ')}  (${context.format})\n\n`,
  );
  line('messages', `${count(feed.messages)}   ${terminal.dim(counts(feed.messagesByType))}`);
  line('events', `${count(engine.events)}   ${terminal.dim(counts(kindCounts(engine)))}`);
  line(
    'instruments',
    `${count(engine.instruments)}   ${plural(engine.levels, 'level')}, ${plural(engine.orders, 'order')} at the end`,
  );
  line('sequence', sequence(feed, engine));
  for (const text of troubles(engine)) line('books', terminal.warn(text));
  line('stale', staleText(engine, terminal));
  line('session', `${formatSessionTime(engine.sessionSpanNs)} of recorded time`);
  const seconds = report.elapsedMs / 1e3;
  line('throughput', `${count(feed.messages / seconds)} messages/s   ${seconds.toFixed(2)} s wall`);
  if (report.pinning.length > 0) line('threads', report.pinning.join(' · '));
  const latencies = latencyTable(run);
  lines.push(latencies === '' ? '' : `\n${latencies}`, '\n', threadTable(report.threads), '\n');
  line('log', `${context.logDir}   ${plural(log.records, 'record')}, ${bytes(log.bytes)}`);
  line('head hash', log.headHash);
  line('state hash', engine.stateHash);
  for (const note of feed.notes) line('note', note);
  if (feed.truncated !== null) line('cut', terminal.warn(feed.truncated));
  if (context.interrupted)
    line('interrupted', terminal.warn('stopped before the end of the recording; the log is closed and valid'));
  lines.push(`\n  prove it      tapehead verify ${context.logDir}\n                tapehead rerun ${context.logDir}\n`);
  return lines.join('');
}

function sequence(feed: FeedReport, engine: EngineReport): string {
  return [
    plural(engine.gaps, 'gap'),
    plural(engine.duplicates, 'duplicate'),
    `${count(engine.outOfOrder)} out of order`,
    `${plural(engine.checksumFailures, 'checksum failure')} (${count(feed.checksumsVerified)} verified)`,
  ].join(' · ');
}

function troubles(engine: EngineReport): string[] {
  const found: string[] = [];
  if (engine.unknownOrders > 0) found.push(`${plural(engine.unknownOrders, 'event')} of orders never seen`);
  if (engine.duplicateOrders > 0) found.push(`${plural(engine.duplicateOrders, 'order')} added twice`);
  if (engine.badValues > 0) found.push(`${plural(engine.badValues, 'event')} with values that make no sense`);
  if (engine.crossed + engine.locked > 0) {
    found.push(
      `touch crossed ${count(engine.crossed)} times, locked ${count(engine.locked)} times (kept as the venue states it)`,
    );
  }
  return found;
}

function staleText(engine: EngineReport, terminal: Terminal): string {
  if (engine.stale.length === 0) return 'never';
  const shown = engine.stale.slice(0, 6).map((entry) => {
    const end = entry.staleAtEnd ? terminal.bad(', still stale') : '';
    return `${entry.symbol}: ${plural(entry.spans, 'span')}, ${duration(entry.totalNs)} (${entry.lastReason})${end}`;
  });
  if (engine.stale.length > shown.length)
    shown.push(`and ${count(engine.stale.length - shown.length)} more instruments`);
  return shown.join('\n                ');
}

/** Empty where nothing was timed (`--stamps 0`). */
function latencyTable(run: Run): string {
  const rows: string[][] = [['latency', 'p50', 'p90', 'p99', 'p99.9', 'max']];
  STAGE_NAMES.forEach((name, i) => {
    const s = run.telemetry.stages[i].summary();
    if (s.count > 0) rows.push([name, ...[s.p50Ns, s.p90Ns, s.p99Ns, s.p999Ns, s.maxNs].map(duration)]);
  });
  return rows.length === 1 ? '' : table(rows);
}

/** What held the threads up; a column where the system says what it is about. */
function threadTable(threads: readonly ThreadReport[]): string {
  const rows: string[][] = [['held up', ...INCIDENT_NAMES.slice(0, -1), 'waited for a core']];
  for (const { roles, use, machine } of threads) {
    const incidents = INCIDENT_NAMES.slice(0, -1).map((_, kind) => {
      const { count: times, totalNs } = machine.total(kind as Incident);
      return times === 0 ? '-' : `${count(times)}: ${duration(totalNs)}`;
    });
    rows.push([roles.join('+'), ...incidents, use === null ? 'not known' : duration(use.waitedForCoreNs)]);
  }
  return table(rows);
}

function threadJson({ roles, use, machine }: ThreadReport): object {
  const incidents = INCIDENT_NAMES.slice(0, -1).map((name, kind) => [name, machine.total(kind as Incident)]);
  return { roles, ...use, incidents: Object.fromEntries(incidents) };
}

function kindCounts(engine: EngineReport): [string, number][] {
  const counts: [string, number][] = [];
  engine.eventsByKind.forEach((n, kind) => {
    if (n > 0) counts.push([EVENT_KIND_NAMES[kind], n]);
  });
  return counts;
}

/** The most frequent first. */
function counts(entries: readonly (readonly [string, number])[]): string {
  const sorted = [...entries].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const shown = sorted.slice(0, 24).map(([name, n]) => `${name} ${count(n)}`);
  return shown.join(' · ') + (sorted.length > shown.length ? ` · and ${sorted.length - shown.length} more kinds` : '');
}
