/**
 * Two strategies of a user's module, with its ticks, that use what a callback may use, for more than a million callbacks
 * after warm-up. Prints marks between which `--trace-gc` must show nothing. Signals are kept but seldom read: whether a
 * number with a fraction that a getter returns is boxed depends on what V8 makes of the strategy's own code.
 */
import { mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantiate, prepareStrategy } from '../../src/strategy/load/prepare.ts';
import type { FullTicket } from '../../src/strategy/services.ts';
import { FakeEngine } from './support.ts';

const WARM_UP = 250_000;
const MEASURED = 200_000;

/** Services that allocate nothing themselves: one order, which is open for ever. */
class QuietEngine extends FakeEngine {
  requests = 0;

  override submit(_strategy: number, ticket: FullTicket): number {
    this.requests += ticket.qtyLots;
    return 1;
  }
  override replace(): number {
    this.requests++;
    return 0;
  }
  override cancel(): number {
    this.requests++;
    return 0;
  }
  override cancelAll(): number {
    return 0;
  }
  override setTimer(): void {
    this.requests++;
  }
  override readPosition(_strategy: number, _instrument: number, out: Float64Array): void {
    out[0] = 5;
    out[1] = 100.5;
  }
}

const MODULE = `import { defineStrategy } from 'tapehead';
const ticket = { instrument: 0, side: 1, qtyLots: 1, priceTicks: 0 };
let sum = 0;
const add = (order) => { sum += order.leavesQtyLots + order.priceTicks; };
export default defineStrategy({ name: 'busy', parameters: {}, create: () => ({
  onInstrument(ctx) {
    this.ema = ctx.signals.midEma(0, 1e9);
    this.vol = ctx.signals.volatility(0, 1e9);
    this.ofi = ctx.signals.orderFlowImbalance(0, 1e6);
    this.flow = ctx.signals.tradeFlow(0, 1e6);
  },
  onBook(ctx, instrument) {
    const book = ctx.book(instrument);
    if (book.isStale || ++this.looks % 1024 === 0 && !(this.ema.value + this.ofi.value + this.vol.value > 0)) return;
    if (ctx.position(instrument).qtyLots > 5) return;
    this.act(ctx, book);
  },
  looks: 0,
  act(ctx, book) {
    ticket.priceTicks = book.bidPriceTicks;
    for (let i = 0; i < 3; i++) sum += book.qtyLotsAt(1, i);
    const id = ctx.submit(ticket);
    const order = ctx.order(id);
    if (order !== null && order.isOpen) ctx.replace(id, 2, ticket.priceTicks);
    ctx.forEachOpen(null, add);
    if (id < 0) ctx.cancelAll(null);
  },
  onTrade(ctx, trade) { sum += trade.qtyLots + trade.priceTicks; ctx.cancel(1); },
  onOrder(ctx, update) { sum += update.lastQtyLots + update.order.cumQtyLots; },
  onTimer(ctx, id) { sum += id; ctx.setTimer(id, ctx.nowNs + 1000); },
}) });
`;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tapehead-garbage-'));
  writeFileSync(join(folder, 'busy.js'), MODULE);
  const engine = new QuietEngine();
  const prepared = await prepareStrategy('./busy.js', folder);
  engine.host.add('one', instantiate(prepared, {}));
  engine.host.add('two', instantiate(prepared, {}));
  rmSync(folder, { recursive: true });
  engine.host.start();
  engine.define(0);
  engine.orders.add();
  engine.orders.qtyLots[1] = 1;
  engine.orders.status[1] = 2;
  engine.quote(0, 100, 101);
  const work = (turns: number): void => {
    const trade = Float64Array.of(0, 100, 0, 0, 0, 0);
    for (let i = 0; i < turns; i++) {
      engine.nowNs += 1000;
      engine.level(0, 1, 100, 10 + (i & 7));
      engine.host.onBook(0, true);
      trade[2] = 1 + (i & 3);
      trade[3] = 1 + (i & 1);
      trade[4] = i;
      trade[5] = i;
      engine.host.onTrade(trade);
      engine.host.onOrder(i & 1, 1, 3, 1, 100, 1, 0);
      engine.host.onTimer(i & 1, i & 15);
    }
  };
  const collect = globalThis.gc as () => void;
  work(WARM_UP);
  collect();
  writeSync(1, 'measured part begins\n');
  work(MEASURED);
  writeSync(1, `measured part ends: ${engine.requests} requests, halts ${JSON.stringify(engine.halts)}\n`);
  collect();
}

await main();
