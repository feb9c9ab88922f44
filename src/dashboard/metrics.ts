/** What Prometheus scrapes: put together when it asks, from what the dashboard knows anyway. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { FanOut } from './subscriptions.ts';
import type { View } from './topics.ts';

/** Of the server itself. */
export interface ServerFigures {
  readonly clients: number;
  readonly channels: number;
  readonly fanOut: FanOut;
  /** Requests and connections refused at the gate. */
  readonly refused: number;
  /** Clients closed because they did not read. */
  readonly closedForBacklog: number;
}

type Labelled = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
/** A value, or values by label. */
type Values = number | Labelled;

const QUANTILES: readonly (readonly [string, 2 | 3 | 4 | 5])[] = [
  ['0.5', 2],
  ['0.9', 3],
  ['0.99', 4],
  ['0.999', 5],
];
/** Series of a metric that has one for each symbol or limit: who scrapes keeps every one for weeks. */
const MOST_SERIES = 500;
const RISK_FIGURES = [
  'value_at_risk',
  'expected_shortfall',
  'stress_loss',
  'gross',
  'net',
  'largest_sector',
  'concentration',
  'delta',
  'gamma',
  'vega',
];

/** The registry; `figures` and `now` (ms, monotonic) are asked at each scrape. */
export function metricsOf(view: View, figures: () => ServerFigures, now: () => number): Registry {
  const registry = new Registry();
  const { model, gauges } = view;
  const gauge = (name: string, help: string, of: () => Values, labelNames: string[] = []): void => {
    const metric = new Gauge({
      name: `tapehead_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect: () => {
        metric.reset();
        const values = of();
        if (typeof values === 'number') metric.set(values);
        else for (const [labels, value] of values) metric.set(labels, value);
      },
    });
  };
  const counter = (name: string, help: string, of: () => number): void => {
    const metric = new Counter({
      name: `tapehead_${name}_total`,
      help,
      registers: [registry],
      collect: () => {
        metric.reset();
        metric.inc(Math.max(0, of()));
      },
    });
  };
  const counted = (name: string) => (): number => {
    gauges.refreshCounters(model, now());
    return gauges.counters.get(name)?.[1] ?? 0;
  };
  const feedSum = (at: 5 | 6 | 7 | 8 | 9) => (): number => {
    gauges.refreshFeed(model, now());
    return gauges.feed.get('feed')?.[at] ?? 0;
  };
  counter('read_bytes', 'Bytes of recordings or connections read', counted('bytes read'));
  counter('messages', 'Messages decoded', counted('messages'));
  counter('events', 'Market events that the engine took', counted('events'));
  counter('log_records', 'Records in the log', counted('records'));
  counter('log_bytes', 'Bytes of the log written', counted('log bytes'));
  counter('log_commits', 'Groups of records made durable', counted('commits'));
  counter('order_requests', 'New orders, replaces and cancels asked for by strategies', () => model.trading.intents);
  counter('order_refusals', 'Requests that pre-trade risk refused', () => model.trading.refusals);
  counter('fills', 'Executions', () => model.trading.fills.total);
  counter('commands', 'Commands journalled', () => model.commands);
  counter('alerts', 'Alerts raised', () => model.alerts.history.total);
  counter('feed_gaps', 'Gaps in sequence numbers', feedSum(5));
  counter('feed_duplicates', 'Messages seen before', feedSum(6));
  counter('feed_out_of_order', 'Messages older than one applied', feedSum(7));
  counter('feed_checksum_failures', "Books that differed from their venue's checksum", feedSum(8));
  counter('stale_spans', 'Times an instrument went stale', feedSum(9));
  counter('dashboard_lapses', 'Times the dashboard missed records', () => model.lapses);
  counter('dashboard_frames', 'Frames sent to clients', () => figures().fanOut.frames);
  counter('dashboard_bytes', 'Bytes sent to clients', () => figures().fanOut.bytes);
  counter('dashboard_conflated', 'Updates left out for clients that were slow', () => figures().fanOut.conflated);
  counter('dashboard_refused', 'Requests and connections refused', () => figures().refused);
  counter('dashboard_closed_backlog', 'Clients closed because they did not read', () => figures().closedForBacklog);
  gauge('dashboard_clients', 'Clients connected', () => figures().clients);
  gauge('journal_seq', 'Highest sequence number seen', () => model.seq);
  gauge('durable_seq', 'Highest sequence number that is durable', counted('durable seq'));
  gauge('running', '1 while the run is on', () => (gauges.isRunning && model.ended === '' ? 1 : 0));
  gauge('feed_silence_seconds', 'Since the last market event', () => gauges.silentMs(model, now()) / 1000);
  gauge('instruments', 'Instruments defined', () => model.market.books.defs.filter((def) => def !== undefined).length);
  gauge('instruments_stale', 'Instruments whose book can not be trusted', () => staleCount(view));
  gauge('orders_open', 'Orders that are not over', () => model.trading.openOrders);
  gauge('killed', 'Kill switches that are latched', () => model.standing.killed.size);
  gauge('pnl', "Profit and loss in the first account's currency", () => pnlOf(view), ['kind']);
  gauge(
    'position_lots',
    'Position in lots, of the first 500 by strategy and symbol',
    () => positionsOf(view).slice(0, MOST_SERIES),
    ['strategy', 'symbol'],
  );
  gauge('risk', 'Figures of portfolio risk', () => riskOf(view), ['figure']);
  gauge(
    'limit_share',
    'Share of a limit that is used, of the 500 that are used most',
    () => limitsOf(view).slice(0, MOST_SERIES),
    ['limit'],
  );
  gauge('series_left_out', 'Positions and limits beyond 500 each, which are not told', () => leftOut(view));
  gauge('latency_seconds', 'Latency by stage', () => latencyOf(view, now()), ['stage', 'quantile']);
  gauge('latency_max_seconds', 'Largest latency by stage', () => latencyMaxOf(view, now()), ['stage']);
  gauge('ring_used', 'What waits in a ring', () => ringsOf(view, now(), 2), ['ring', 'unit']);
  gauge('ring_capacity', 'What a ring holds', () => ringsOf(view, now(), 1), ['ring', 'unit']);
  return registry;
}

function staleCount({ model }: View): number {
  const { books } = model.market;
  return books.defs.filter((def) => def !== undefined && books.staleReason[def.instrument] !== 0).length;
}

function pnlOf({ model }: View): Values {
  const [, realised, unrealised, total] = model.trading.total(model.nowNs);
  return [
    [{ kind: 'realised' }, realised],
    [{ kind: 'unrealised' }, unrealised],
    [{ kind: 'total' }, total],
  ];
}

function leftOut(view: View): number {
  return [positionsOf(view), limitsOf(view)].reduce((sum, { length }) => sum + Math.max(0, length - MOST_SERIES), 0);
}

function positionsOf({ model }: View): Labelled {
  model.trading.refresh();
  return model.trading.positions
    .rows()
    .map(([strategy, instrument, qty]) => [{ strategy, symbol: model.market.symbol(instrument) }, qty] as const);
}

function riskOf({ model }: View): Values {
  const last = model.standing.risk.rows().at(-1);
  if (last === undefined) return [];
  return RISK_FIGURES.map((figure, i) => [{ figure }, last[2 + i] as number] as const);
}

/** Those that are used most first. */
function limitsOf({ model, gauges }: View): Labelled {
  const table = gauges.limits.size > 0 ? gauges.limits : model.standing.limits;
  const rows = table.rows().sort((a, b) => (a[3] === b[3] ? 0 : b[3] - a[3]));
  return rows.map(([limit, , , share]) => [{ limit }, share] as const);
}

function latencyOf({ gauges }: View, nowMs: number): Values {
  gauges.refreshLatency(nowMs);
  return gauges.latency
    .rows()
    .flatMap((row) => QUANTILES.map(([quantile, at]) => [{ stage: row[0], quantile }, row[at] / 1e9] as const));
}

function latencyMaxOf({ gauges }: View, nowMs: number): Values {
  gauges.refreshLatency(nowMs);
  return gauges.latency.rows().map((row) => [{ stage: row[0] }, row[6] / 1e9] as const);
}

function ringsOf({ gauges }: View, nowMs: number, at: 1 | 2): Values {
  gauges.refreshRings(nowMs);
  return gauges.rings.rows().map((row) => [{ ring: row[0], unit: row[3] }, row[at]] as const);
}
