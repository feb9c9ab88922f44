/** Runs strategies through the whole engine as a user does, and reads what their logs say. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { queryLog } from '../../src/audit/log-query.ts';
import type { DecodedRecord } from '../../src/audit/record-text.ts';
import { type CommandResult, tapehead } from './command.ts';
import { repositoryRoot } from './paths.ts';

/** One instrument of a short session: a third of a second a run. */
export const SESSION = [join(repositoryRoot(), 'replay-data/equities-session.itch50.gz'), '--symbols', 'REEL'];

/** A user's strategy in JavaScript; `members`: of the object that `create` returns. */
export function writeStrategy(folder: string, members: string, parameters = '{}', name = 'mine'): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(
    path,
    `import { defineStrategy, OrderSide, OrdType, TimeInForce, OrderFlag, GroupKind } from 'tapehead';
let orders = 0;
let n = 0;
/** Buys and sells a lot at the touch, resting. */
function quote(ctx, instrument) {
  const book = ctx.book(instrument);
  if (!book.hasBid || !book.hasAsk || book.isCrossed || book.isLocked) return;
  orders++;
  ctx.submit({ instrument, side: OrderSide.Buy, qtyLots: 10, priceTicks: book.bidPriceTicks });
  ctx.submit({ instrument, side: OrderSide.Sell, qtyLots: 10, priceTicks: book.askPriceTicks });
}
export default defineStrategy({ name: '${name}', parameters: ${parameters}, create: (parameters) => ({ ${members} }) });
`,
  );
  return path;
}

export interface TradingRun extends CommandResult {
  readonly dir: string;
  readonly json: RunJson;
}

export interface RunJson {
  readonly log: { readonly headHash: string };
  readonly report: { readonly orders: Readonly<Record<string, number>>; readonly fills: { readonly fills: number } };
}

/** Replays the session with these further arguments; the log goes to `folder/name`. */
export async function replayTrading(folder: string, args: readonly string[], name = 'log'): Promise<TradingRun> {
  const dir = join(folder, name);
  const result = await tapehead(['replay', ...SESSION, '--log', dir, '--no-sync', '--no-pin', '--json', ...args]);
  const json = result.code === 0 ? (JSON.parse(result.stdout) as RunJson) : ({} as RunJson);
  return { ...result, dir, json };
}

export function recordsOf(dir: string, type: string): DecodedRecord[] {
  return [...queryLog(dir, { type })];
}
