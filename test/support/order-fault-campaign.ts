/** Every fault of orders at both markets of Binance for a row of seeds (order-fault-run.ts), and a table of what happened. */
import type { BinanceMarket } from '../../src/gateway/binance/dialect.ts';
import { ORDER_FAULTS, type OrderFault, orderFaultRun } from './order-fault-run.ts';

export interface OrderCampaignOptions {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly markets?: readonly BinanceMarket[];
  readonly faults?: readonly OrderFault[];
  /** Called behind each pair of market and fault. */
  progress?(line: string): void;
}

export interface OrderFaultCount {
  readonly market: BinanceMarket;
  readonly fault: OrderFault;
  runs: number;
  /** How often the fault happened, over all runs. */
  made: number;
  orders: number;
  fills: number;
  unanswered: number;
  /** Virtual ms from the end of the fault until both sides agree, at most. */
  slowestMs: number;
}

export interface OrderCampaignReport {
  readonly counts: readonly OrderFaultCount[];
  /** "MARKET, FAULT, seed N: what went wrong". */
  readonly failures: readonly string[];
}

export const ORDER_MARKETS: readonly BinanceMarket[] = ['spot', 'usdm'];

export async function orderFaultCampaign(options: OrderCampaignOptions): Promise<OrderCampaignReport> {
  const { firstSeed, seeds, markets = ORDER_MARKETS, faults = ORDER_FAULTS } = options;
  const counts: OrderFaultCount[] = [];
  const failures: string[] = [];
  for (const market of markets) {
    for (const fault of faults) {
      const count = { market, fault, runs: 0, made: 0, orders: 0, fills: 0, unanswered: 0, slowestMs: 0 };
      counts.push(count);
      for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
        count.runs++;
        try {
          const run = await orderFaultRun(market, fault, seed);
          count.made += run.made;
          count.orders += run.orders;
          count.fills += run.fills;
          count.unanswered += run.unanswered;
          count.slowestMs = Math.max(count.slowestMs, run.healedMs);
        } catch (error) {
          const text = error instanceof Error ? error.message.split('\n')[0] : String(error);
          failures.push(`${market}, ${fault}, seed ${seed}: ${text}`);
        }
      }
      const { runs, made } = count;
      options.progress?.(`${market} ${fault}: ${runs} runs, ${made} made, ${failures.length} failures so far`);
    }
  }
  return { counts, failures };
}

/** A row for each fault: how often it happened on each market, orders that were sent, requests that were never answered. */
export function orderCampaignTable({ counts }: OrderCampaignReport): string {
  const rows = [['market', 'fault', 'made', 'orders', 'fills', 'unanswered', 'healed within']];
  for (const { market, fault, made, orders, fills, unanswered, slowestMs } of counts) {
    rows.push([market, fault, ...[made, orders, fills, unanswered].map(String), `${(slowestMs / 1e3).toFixed(1)} s`]);
  }
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map((row) => row.map((text, i) => (i < 2 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join('  '))
    .join('\n');
}
