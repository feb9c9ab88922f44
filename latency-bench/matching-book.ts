/**
 * One price-time matching book: ours, the C++ ladder of the same design, and nodejs-order-book, over the same operations. What
 * is compared is the time of the operations; what has to agree is every trade: who took from whom, at what price, how much.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../src/core/errors.ts';
import { Fnv64 } from '../src/core/hash.ts';
import { ExecType, OrderFlag, OrderSide, OrdType, TimeInForce } from '../src/core/order.ts';
import { MatchBook } from '../src/matching/match-book.ts';
import { OUT_MAKER, OUT_ORDER, OUT_PRICE, OUT_QTY, OUTPUT_WORDS, type Outputs } from '../src/matching/outputs.ts';
import { type BenchContext, best, check, type Figure, type Goal } from './benchmark.ts';
import { Action, act, makeOperations, OPERATION_WORDS, type Operations } from './matching-operations.ts';
import { output } from './reference.ts';

const OPERATIONS = 1_000_000;
const SMOKE_OPERATIONS = 20_000;
const RUNS = 9;
/** Of nodejs-order-book, which takes seconds. */
const PEER_RUNS = 3;
/** Operations between two readings of the clock; the trades are hashed between them. */
const CHUNK = 1024;
const UNIT = 'ns/operation';

interface BookRun {
  readonly nsPerOperation: number;
  readonly trades: number;
  /** Of all trades in their order. */
  readonly hash: string;
}

export interface BookFigures {
  readonly figures: readonly Figure[];
  readonly goals: readonly Goal[];
  readonly notes: readonly string[];
}

export async function matchingBook(context: BenchContext): Promise<BookFigures> {
  const operations = makeOperations(context.smoke ? SMOKE_OPERATIONS : OPERATIONS);
  const figures: Figure[] = [];
  const goals: Goal[] = [];
  const notes: string[] = [];
  const { path: ladder, absent } = await context.cxx('ladder');
  if (ladder === null) notes.push(`no C++ ladder: ${absent}`);
  const file = join(context.folder(), 'operations');
  writeFileSync(file, new Uint8Array(operations.f64.buffer));
  const ours: BookRun[] = [];
  const cxx: BookRun[] = [];
  runOurs(operations); // warm-up
  for (let i = 0; i < (context.smoke ? 1 : RUNS); i++) {
    context.progress(`matching book, run ${i + 1}`);
    ours.push(runOurs(operations));
    if (ladder !== null) cxx.push(await runLadder(ladder, file, operations.count));
  }
  const [{ trades, hash }] = ours;
  check(trades > operations.count / 50, `matching book: ${trades} trades only`);
  for (const run of [...ours, ...cxx])
    check(run.hash === hash, 'matching book: trades differ between runs or from C++');
  notes.push(
    `matching book: ${operations.count} operations, ${trades} trades, hash ${hash} in every run, C++ included`,
  );
  const own = figureOf('matching book', ours);
  figures.push(own);
  if (cxx.length > 0) {
    figures.push(figureOf('C++ ladder, same operations', cxx));
    const value = best(own) / best(figures[1]);
    goals.push({ name: 'matching book, time against the C++ ladder', value, unit: 'x', limit: 1.3, better: 'lower' });
  }
  await againstPeer(context, operations, hash, own, figures, goals, notes);
  return { figures, goals, notes };
}

function figureOf(name: string, runs: readonly BookRun[]): Figure {
  return { name, unit: UNIT, better: 'lower', runs: runs.map(({ nsPerOperation }) => nsPerOperation) };
}

function runOurs(operations: Operations): BookRun {
  const { f64, i32, count } = operations;
  const book = new MatchBook({ orders: 1 << 16, ids: count });
  const trades = new TradeHash();
  let elapsedNs = 0n;
  for (let from = 0; from < count; from += CHUNK) {
    const to = Math.min(count, from + CHUNK);
    const startNs = process.hrtime.bigint();
    actOn(book, f64, i32, from, to);
    elapsedNs += process.hrtime.bigint() - startNs;
    trades.addOutputs(book.outputs);
    book.outputs.clear();
  }
  book.checkInvariants();
  return { nsPerOperation: Number(elapsedNs) / count, trades: trades.count, hash: trades.hex() };
}

function actOn(book: MatchBook, f64: Float64Array, i32: Int32Array, from: number, to: number): void {
  for (let i = from; i < to; i++) act(book, f64, i32, i * OPERATION_WORDS);
}

async function runLadder(program: string, file: string, count: number): Promise<BookRun> {
  const text = await output(program, [file]);
  const match = /^ns (\d+) trades (\d+) hash ([0-9a-f]{16})/.exec(text);
  check(match !== null, `the C++ ladder printed ${JSON.stringify(text.slice(0, 100))}`);
  return { nsPerOperation: Number(match[1]) / count, trades: Number(match[2]), hash: match[3] };
}

/** Every trade in its order: taker, maker, price, quantity. */
class TradeHash {
  count = 0;
  private readonly fnv = new Fnv64();

  add(taker: number, maker: number, priceTicks: number, qtyLots: number): void {
    this.count++;
    this.fnv.word(taker);
    this.fnv.word(maker);
    this.fnv.word(priceTicks);
    this.fnv.word(qtyLots);
  }

  addOutputs(outputs: Outputs): void {
    const { f64, i32 } = outputs;
    for (let w = 0; w < outputs.count * OUTPUT_WORDS; w += OUTPUT_WORDS) {
      if (i32[w * 2] !== ExecType.Trade) continue;
      this.add(i32[w * 2 + OUT_ORDER], i32[w * 2 + OUT_MAKER], f64[w + OUT_PRICE], f64[w + OUT_QTY]);
    }
  }

  hex(): string {
    return this.fnv.hex();
  }
}

type Peer = typeof import('nodejs-order-book');
type PeerBook = InstanceType<Peer['OrderBook']>;
type PeerTimeInForce = NonNullable<Parameters<PeerBook['limit']>[0]['timeInForce']>;
type PeerAnswer = ReturnType<PeerBook['limit']>;

async function againstPeer(
  context: BenchContext,
  operations: Operations,
  hash: string,
  own: Figure,
  figures: Figure[],
  goals: Goal[],
  notes: string[],
): Promise<void> {
  let peer: Peer;
  try {
    peer = await import('nodejs-order-book');
  } catch (error) {
    notes.push(`no nodejs-order-book: ${messageOf(error).split('\n', 1)[0]}`);
    return;
  }
  const runs: BookRun[] = [];
  for (let i = 0; i < (context.smoke ? 1 : PEER_RUNS); i++) {
    context.progress(`nodejs-order-book, run ${i + 1}`);
    runs.push(runPeer(peer, operations));
    check(runs[i].hash === hash, 'matching book: trades differ from those of nodejs-order-book');
  }
  const figure = figureOf('nodejs-order-book, same operations', runs);
  figures.push(figure);
  const value = best(figure) / best(own);
  goals.push({
    name: 'matching book, speed against nodejs-order-book',
    value,
    unit: 'x',
    limit: 100,
    better: 'higher',
  });
  notes.push(`nodejs-order-book: the same ${operations.count} operations, the same ${runs[0].trades} trades`);
}

function runPeer(peer: Peer, operations: Operations): BookRun {
  const { count } = operations;
  const driver = new PeerDriver(peer, operations);
  const trades = new TradeHash();
  const answers: (PeerAnswer | null)[] = [];
  let elapsedNs = 0n;
  for (let from = 0; from < count; from += CHUNK) {
    const to = Math.min(count, from + CHUNK);
    answers.length = 0;
    const startNs = process.hrtime.bigint();
    for (let i = from; i < to; i++) answers.push(driver.act(i));
    elapsedNs += process.hrtime.bigint() - startNs;
    for (let i = from; i < to; i++) driver.trades(answers[i - from], i, trades);
  }
  return { nsPerOperation: Number(elapsedNs) / count, trades: trades.count, hash: trades.hex() };
}

class PeerDriver {
  private readonly book: PeerBook;
  private readonly peer: Peer;
  private readonly operations: Operations;
  /** OrderID of what each operation is about. */
  private readonly ids: number[] = [];
  private readonly names: string[] = [];
  private adds = 0;

  constructor(peer: Peer, operations: Operations) {
    this.peer = peer;
    this.operations = operations;
    this.book = new peer.OrderBook();
    for (let i = 0; i < operations.count; i++) {
      const h = i * OPERATION_WORDS * 2;
      const id = operations.i32[h] === Action.Add ? ++this.adds : operations.i32[h + 1];
      this.ids.push(id);
      this.names.push(String(id));
    }
  }

  /** Operation `i`; null where it can't trade. */
  act(i: number): PeerAnswer | null {
    const { book, peer, operations } = this;
    const { f64, i32 } = operations;
    const w = i * OPERATION_WORDS;
    const id = this.names[i];
    if (i32[w * 2] === Action.Cancel) {
      book.cancel(id);
      return null;
    }
    const price = f64[w + 3];
    if (i32[w * 2] === Action.Replace) return book.modify(id, { price, size: operations.replacedLeaves[i] });
    const side = i32[w * 2 + 2] === OrderSide.Buy ? peer.Side.BUY : peer.Side.SELL;
    const size = f64[w + 4];
    if (i32[w * 2 + 3] === OrdType.Market) return book.market({ side, size });
    const time = i32[w * 2 + 4];
    const text = time === TimeInForce.Ioc ? 'IOC' : time === TimeInForce.Fok ? 'FOK' : 'GTC';
    const timeInForce = text as PeerTimeInForce; // the package has this enum in its types only
    const postOnly = (i32[w * 2 + 5] & OrderFlag.PostOnly) !== 0;
    return book.limit({ id, side, size, price, timeInForce, postOnly });
  }

  /** Its answer names makers that are done, then the one that is partly filled; the taker itself stands among them. */
  trades(answer: PeerAnswer | null, i: number, into: TradeHash): void {
    if (answer === null) return;
    const taker = this.ids[i];
    for (const order of answer.done) {
      const { id, size } = order;
      if ('price' in order && id !== this.names[i]) into.add(taker, Number(id), order.price, size);
    }
    const { partial } = answer;
    if (partial !== null && partial.id !== this.names[i]) {
      into.add(taker, Number(partial.id), partial.price, answer.partialQuantityProcessed);
    }
  }
}
