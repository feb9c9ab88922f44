/**
 * `tapehead live --orders venue` as a process of its own against an exchange in this one, killed again and again while it has
 * orders at the venue, and started anew in the same log. In the end venue and log must agree on everything.
 */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { queryLog } from '../../src/audit/log-query.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import type { Prng } from '../../src/core/prng.ts';
import type { Account } from '../../src/exchange/accounts.ts';
import { makeTestKeys } from '../../src/exchange/binance/api-keys.ts';
import { LEDGER_UNIT } from '../../src/exchange/listing.ts';
import type { Market } from '../../src/exchange/market.ts';
import { protocolKinds } from '../../src/exchange/protocols.ts';
import { machineClockUs, VenueServer } from '../../src/exchange/venue-server.ts';
import { startTapehead, tapehead } from './command.ts';
import { NO_FAULTS } from './no-faults.ts';
import { writeStrategy } from './trading-run.ts';

/** Keeps some orders open, takes now and then, cancels now and then. */
const BUSY = `
  onBook(ctx, i) {
    const book = ctx.book(i);
    if (book.isStale || !book.hasBid || !book.hasAsk) return;
    const dice = ctx.random.below(10);
    if (ctx.openCount(i) > 8) { ctx.cancelAll(i); return; }
    const dime = ctx.toTicks(i, '0.1');
    const away = dime * (2 + ctx.random.below(200));
    const qtyLots = ctx.toLots(i, '0.01') * (1 + ctx.random.below(5));
    const bid = Math.floor(book.bidPriceTicks / dime) * dime;
    const ask = Math.ceil(book.askPriceTicks / dime) * dime;
    if (dice < 3) ctx.submit({ instrument: i, side: OrderSide.Buy, qtyLots, priceTicks: bid - away });
    else if (dice < 6) ctx.submit({ instrument: i, side: OrderSide.Sell, qtyLots, priceTicks: ask + away });
    else if (dice === 6) ctx.submit({ instrument: i, side: OrderSide.Buy, qtyLots, priceTicks: ask });
    else if (dice === 7) ctx.submit({ instrument: i, side: OrderSide.Sell, qtyLots, priceTicks: bid });
  }`;

export interface VenueKillReport {
  readonly kills: number;
  /** Orders that came to the exchange. */
  readonly orders: number;
  readonly fills: number;
  /** Orders that were open at the venue when the process was killed, summed over the kills. */
  readonly openAtKill: number;
  readonly records: number;
}

export async function killAtVenue(
  folder: string,
  protocol: 'binance' | 'binance-usdm',
  kills: number,
  spanMs: number,
  random: Prng,
): Promise<VenueKillReport> {
  const venue = await VenueServer.start({
    kinds: protocolKinds([protocol]),
    assets: ['BTC', 'ETH'],
    seed: random.u32(),
    rate: 1000,
    faults: NO_FAULTS,
    net: { port: 0, maxFrameBytes: 1 << 16, maxBodyBytes: 1 << 16, maxBacklogBytes: 1 << 26, idleSeconds: 60 },
    nowUs: machineClockUs(),
  });
  const children = new Set<ReturnType<typeof startTapehead>['child']>();
  try {
    const [{ exchange }] = venue.venues;
    const [{ apiKey, secret }] = makeTestKeys(exchange);
    const account = [...exchange.accounts.all].find((one) => one.name === 'test')!;
    const arrivals = new Map<string, number>();
    let fills = 0;
    exchange.listen({
      ordered: (order, event) => {
        if (event.is === 'new') arrivals.set(order.clientOrderId, (arrivals.get(order.clientOrderId) ?? 0) + 1);
        if (event.is === 'trade') fills++;
      },
    });
    const before = balancesOf(account);
    const keyFile = join(folder, 'key.json');
    writeFileSync(keyFile, JSON.stringify({ key: apiKey, secret }));
    chmodSync(keyFile, 0o600);
    const dir = join(folder, 'log');
    const strategy = writeStrategy(folder, BUSY, '{}', 'busy');
    const args = [
      'live',
      '--venue',
      `${protocol}=BTCUSDT,ETHUSDT`,
      '--url',
      `ws://${venue.baseOf(venue.venues[0].protocol)}`,
    ];
    args.push(
      '--orders',
      'venue',
      '--key-file',
      keyFile,
      '--strategy',
      strategy,
      '--log',
      dir,
      '--no-pin',
      '--no-sync',
    );
    let openAtKill = 0;
    const run = async (
      waitMs: number,
    ): Promise<{ agreed: boolean; text: string; kill(signal: NodeJS.Signals): Promise<number | null> }> => {
      const { child, done } = startTapehead([...args, '--json']);
      children.add(child);
      let text = '';
      const agreed = new Promise<boolean>((resolve) => {
        child.stderr?.on('data', (piece: string) => {
          text += piece;
          if (/agrees? with the log/.test(text)) resolve(true);
        });
        child.on('close', () => resolve(false));
      });
      const hasAgreed = await Promise.race([agreed, setTimeout(90_000, false)]);
      // With orders open, if any come.
      for (let i = 0; hasAgreed && i < 50 && account.open.size === 0; i++) await setTimeout(20);
      if (hasAgreed) await setTimeout(waitMs);
      return {
        agreed: hasAgreed,
        text,
        kill: async (signal) => {
          child.kill(signal);
          const { code, stderr } = await done;
          children.delete(child);
          text = stderr;
          if (signal === 'SIGINT') assert.equal(code, 0, stderr);
          return code;
        },
      };
    };
    for (let i = 0; i < kills; i++) {
      const one = await run(random.below(spanMs));
      openAtKill += account.open.size;
      await one.kill('SIGKILL');
      assert.ok(one.agreed, `start ${i + 1}: venue and log do not agree: ${one.text}`);
    }
    const last = await run(spanMs);
    assert.ok(last.agreed, `the last start: venue and log do not agree: ${last.text}`);
    await last.kill('SIGINT');
    const twice = [...arrivals].filter(([, times]) => times !== 1);
    assert.deepEqual(twice, [], 'no order came twice');
    assert.deepEqual(
      [...account.open].map((order) => order.clientOrderId),
      [],
      'an order is open at the venue that the engine forgot',
    );
    const records = prove(dir, account, before, protocol, [...arrivals.keys()], exchange.markets);
    const rerun = await tapehead(['rerun', dir, '--strategies', folder]);
    assert.equal(rerun.code, 0, rerun.stderr + rerun.stdout);
    return { kills, orders: arrivals.size, fills, openAtKill, records };
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await venue.close();
  }
}

function balancesOf(account: Account): Map<string, bigint> {
  const out = new Map<string, bigint>();
  for (const asset of ['BTC', 'ETH']) {
    const { free, locked } = account.balance(asset);
    out.set(asset, free + locked);
  }
  return out;
}

/** Verifies the log; its fills add up to what the venue says the account has. */
function prove(
  dir: string,
  account: Account,
  before: ReadonlyMap<string, bigint>,
  protocol: string,
  known: readonly string[],
  markets: readonly Market[],
): number {
  const verified = verifyLog(dir);
  assert.ok(verified.ok && verified.closed, JSON.stringify(verified));
  const sum = new Map(markets.map(({ symbol }) => [symbol, 0]));
  for (const fill of queryLog(dir, { type: 'Fill' })) {
    const sign = fill.side === 'buy' ? 1 : -1;
    const symbol = String(fill.symbol);
    sum.set(symbol, (sum.get(symbol) ?? 0) + sign * Number(fill.lastQty));
  }
  // A purchase on spot is paid for with what is bought. A trade may be told again after a restart: by its ExecID it counts once.
  const told = new Set<number>();
  for (const report of queryLog(dir, { type: 'VenueReport' })) {
    const execId = Number(report.execId);
    if (report.commissionAsset !== 'base' || told.has(execId)) continue;
    told.add(execId);
    const symbol = String(report.symbol);
    sum.set(symbol, (sum.get(symbol) ?? 0) - Number(report.commission));
  }
  for (const market of markets) {
    const qty = sum.get(market.symbol) ?? 0;
    const theirs = protocol === 'binance' ? bought(account, before, market) : positionOf(account, market);
    assert.ok(Math.abs(theirs - qty) < 1e-6, `${market.symbol}: ${theirs} at the venue, ${qty} in the log`);
  }
  assert.ok(known.length > 0);
  return verified.records;
}

/** Of the asset of a spot market since the beginning, after commissions. */
function bought(account: Account, before: ReadonlyMap<string, bigint>, { symbol }: Market): number {
  const asset = symbol.slice(0, 3);
  const { free, locked } = account.balance(asset);
  return Number(free + locked - (before.get(asset) ?? 0n)) / Number(LEDGER_UNIT);
}

function positionOf(account: Account, market: Market): number {
  return account.position(market).lots / 10 ** market.listing.qtyDecimals;
}
