/** An order's whole story, from a log: what caused it, what each check said, each state, report and fill, in order. */
import type { LogReader, LogReaderOptions } from '../audit/log-reader.ts';
import { bitsOf, rejectName } from '../audit/trading-text.ts';
import { TapeheadError } from '../core/errors.ts';
import { ExecType, isTerminal, ORDER_SIDE_TEXT, RejectCode } from '../core/order.ts';
import { isMarketType, OrderAction, RecordType } from '../core/record.ts';
import { rejectText } from '../core/reject-text.ts';
import { whole } from './ledger.ts';
import { type FoundRecord, LogScan } from './log-scan.ts';
import { Money } from './money.ts';

/** One check of pre-trade risk. */
export interface CheckVerdict {
  /** Index into the list of checks. */
  readonly check: number;
  readonly name: string;
  readonly verdict: 'passed' | 'warned' | 'refused';
}

export interface StoryStep {
  readonly kind: 'cause' | 'intent' | 'risk' | 'state' | 'report' | 'fill';
  readonly record: FoundRecord;
  /** Of a risk verdict. */
  readonly checks?: readonly CheckVerdict[];
  readonly rejectCode?: number;
  /** `MaxQty: quantity is above the limit`. */
  readonly refusal?: string;
  /** Of a fill, in the instrument's currency. */
  readonly money?: { readonly fee: string; readonly realised: string; readonly currency: string };
}

/** A span between two points of the order's way; ns. */
export interface Stage {
  readonly name: string;
  readonly fromNs: number;
  readonly toNs: number;
}

export interface OrderStory {
  readonly orderId: number;
  /** Of its requests, oldest first. */
  readonly clOrdIds: readonly number[];
  /** Another order that has the number asked for as a ClOrdID; 0 without one. */
  readonly sameClOrdId: number;
  readonly strategy: string;
  readonly symbol: string;
  readonly side: string;
  /** How it stands behind the last record. */
  readonly status: string;
  readonly steps: readonly StoryStep[];
  readonly stages: readonly Stage[];
}

/** What the figures of the story are taken from; offsets of core/record.ts. */
interface Raw {
  readonly found: FoundRecord;
  /** Bytes 26 and 27. */
  readonly first: number;
  readonly second: number;
  readonly clOrdId: number;
  /** Of a report. */
  readonly venueNs: number;
  readonly code: number;
  readonly warned: number;
  readonly money: NonNullable<StoryStep['money']> | null;
}

/** Refusals that are decided before pre-trade risk is asked. */
const BEFORE_CHECKS: ReadonlySet<number> = new Set([
  RejectCode.UnknownOrder,
  RejectCode.OrderNotOpen,
  RejectCode.RequestPending,
  RejectCode.StrategyHalted,
  RejectCode.ParentQty,
  RejectCode.BadGroup,
  RejectCode.TooManyOrders,
]);

const NO_ORDERS = 'holds no orders';

/**
 * The story of the order with this OrderID, or with this ClOrdID among its requests. `checkNames`: of pre-trade risk, by
 * number. Also returns the scan, for the texts of times. Throws USAGE where there is no such order.
 */
export function orderStory(
  directory: string,
  id: number,
  checkNames: readonly string[],
  options: LogReaderOptions = {},
): { story: OrderStory; scan: LogScan } {
  const scan = new LogScan(directory, options);
  const ids = new SeenIds();
  let raws: Raw[] = [];
  let owner = 0;
  scan.pass((reader) => {
    if (!isOrderRecord(reader.type)) return;
    const orderId = reader.f64[(reader.at + 40) >> 3];
    const clOrdId = clOrdIdOf(reader);
    ids.see(orderId, clOrdId);
    if (owner === 0 && clOrdId !== 0 && clOrdId === id) owner = orderId;
    if (orderId === id && id !== 0) raws.push(rawOf(scan, reader));
  });
  let orderId = id;
  if (raws.length === 0 && owner !== 0) {
    orderId = owner;
    raws = [];
    scan.again((reader) => {
      if (isOrderRecord(reader.type) && reader.f64[(reader.at + 40) >> 3] === owner) raws.push(rawOf(scan, reader));
    });
  }
  if (raws.length === 0) throw new TapeheadError('USAGE', `--order ${id}: ${ids.text(directory)}`);
  const sameClOrdId = owner === orderId ? 0 : owner;
  return { story: { ...tell(orderId, raws, scan, checkNames), sameClOrdId }, scan };
}

function isOrderRecord(type: number): boolean {
  return type === RecordType.VenueReport || (type >= RecordType.OrderIntent && type <= RecordType.Fill);
}

/** 0 where the record has none (or, of a replace or cancel that is only asked for, none yet). */
function clOrdIdOf(reader: LogReader): number {
  const { type } = reader;
  return type === RecordType.RiskVerdict || type === RecordType.Fill ? 0 : reader.f64[(reader.at + 48) >> 3];
}

class SeenIds {
  private orders = [Number.POSITIVE_INFINITY, 0];
  private clOrdIds = [Number.POSITIVE_INFINITY, 0];

  see(orderId: number, clOrdId: number): void {
    if (orderId > 0) this.orders = [Math.min(this.orders[0], orderId), Math.max(this.orders[1], orderId)];
    if (clOrdId > 0) this.clOrdIds = [Math.min(this.clOrdIds[0], clOrdId), Math.max(this.clOrdIds[1], clOrdId)];
  }

  text(directory: string): string {
    if (this.orders[1] === 0) return `${directory} ${NO_ORDERS}`;
    const range = ([low, high]: number[]): string => (low === high ? `${low}` : `${low} to ${high}`);
    return `there is no such order; OrderIDs go from ${range(this.orders)}, ClOrdIDs from ${range(this.clOrdIds)}`;
  }
}

function rawOf(scan: LogScan, reader: LogReader): Raw {
  const { bytes, u32, f64, at, type } = reader;
  const isReport = type === RecordType.ExecReport || type === RecordType.VenueReport;
  const codeAt: Readonly<Record<number, number>> = {
    [RecordType.RiskVerdict]: 48,
    [RecordType.OrderState]: 96,
    [RecordType.ExecReport]: 136,
    [RecordType.VenueReport]: 136,
  };
  const offset = codeAt[type];
  return {
    found: scan.found(reader),
    first: bytes[at + 26],
    second: bytes[at + 27],
    clOrdId: clOrdIdOf(reader),
    venueNs: isReport ? f64[(at + 120) >> 3] : Number.NaN,
    code: offset === undefined ? 0 : u32[(at + offset) >> 2],
    warned: type === RecordType.RiskVerdict ? u32[(at + 52) >> 2] : 0,
    money: type === RecordType.Fill ? moneyOf(scan, reader) : null,
  };
}

function moneyOf(scan: LogScan, reader: LogReader): NonNullable<StoryStep['money']> | null {
  const { u32, f64, at, seq } = reader;
  const def = scan.instrument(u32[(at >> 2) + 7]);
  if (def === undefined) return null;
  const { settings } = scan;
  const unit = new Money(1n, def.priceDecimals + def.qtyDecimals).times(settings.multiplier(def.symbol));
  const amount = (offset: number, what: string): string =>
    unit.times(new Money(whole(f64[(at + offset) >> 3], seq, what), 0)).toString();
  return {
    fee: amount(80, 'the fee'),
    realised: amount(88, 'the realised P&L'),
    currency: settings.currency(def.symbol),
  };
}

function tell(
  orderId: number,
  raws: readonly Raw[],
  scan: LogScan,
  checkNames: readonly string[],
): Omit<OrderStory, 'sameClOrdId'> {
  const own = new Set(raws.map((raw) => raw.found.seq));
  const wanted = raws.map((raw) => raw.found.cause).filter((seq) => seq > 0 && !own.has(seq));
  const causes = scan.fetch(wanted);
  const steps: StoryStep[] = raws.map((raw) => stepOf(raw, checkNames));
  for (const record of causes.values()) steps.push({ kind: 'cause', record });
  steps.sort((a, b) => a.record.seq - b.record.seq);
  const { strategy, side, symbol } = raws[0].found.decoded;
  const lastState = raws.findLast((raw) => raw.found.type === RecordType.OrderState);
  const isSide = raws[0].found.type !== RecordType.OrderState && raws[0].found.type !== RecordType.RiskVerdict;
  return {
    orderId,
    clOrdIds: [...new Set(raws.map((raw) => raw.clOrdId).filter((clOrdId) => clOrdId > 0))],
    strategy: scan.settings.strategyName(Number(strategy)),
    symbol: String(symbol),
    side: isSide ? String(side ?? '') : (ORDER_SIDE_TEXT[0] ?? ''),
    status: lastState === undefined ? 'None' : String(lastState.found.decoded.ordStatus),
    steps,
    stages: stagesOf(raws, causes),
  };
}

function stepOf(raw: Raw, checkNames: readonly string[]): StoryStep {
  const { found, code } = raw;
  const refusal = code === 0 ? {} : { rejectCode: code, refusal: `${rejectName(code)}: ${rejectText(code)}` };
  switch (found.type) {
    case RecordType.OrderIntent:
      return { kind: 'intent', record: found };
    case RecordType.RiskVerdict:
      return { kind: 'risk', record: found, checks: checksOf(raw, checkNames), ...refusal };
    case RecordType.OrderState:
      return { kind: 'state', record: found, ...refusal };
    case RecordType.Fill:
      return { kind: 'fill', record: found, ...(raw.money === null ? {} : { money: raw.money }) };
    default:
      return { kind: 'report', record: found, ...refusal };
  }
}

/** The checks that were made, in their order, up to the last; none of a cancel, which only its own budget can refuse. */
function checksOf(raw: Raw, checkNames: readonly string[]): CheckVerdict[] {
  if (BEFORE_CHECKS.has(raw.code) || (raw.first === OrderAction.Cancel && raw.code === 0)) return [];
  const warned = new Set(bitsOf(raw.warned));
  const verdicts: CheckVerdict[] = [];
  for (let check = raw.first === OrderAction.Cancel ? raw.second : 0; check <= raw.second; check++) {
    const name = checkNames[check] ?? `check ${check}`;
    if (raw.first === OrderAction.Replace && name === 'ClOrdID') continue; // the engine gives a replace its own
    const isRefused = check === raw.second && raw.code !== 0;
    verdicts.push({ check, name, verdict: isRefused ? 'refused' : warned.has(check) ? 'warned' : 'passed' });
  }
  return verdicts;
}

/** How long each part of the way took, as far as the log shows it. */
function stagesOf(raws: readonly Raw[], causes: ReadonlyMap<number, FoundRecord>): Stage[] {
  const stages: Stage[] = [];
  const add = (name: string, fromNs: number, toNs: number): void => {
    if (!Number.isNaN(fromNs) && !Number.isNaN(toNs)) stages.push({ name, fromNs, toNs });
  };
  const isNew = (raw: Raw): boolean => raw.found.type === RecordType.OrderIntent && raw.first === OrderAction.New;
  const isReport = (raw: Raw): boolean => !Number.isNaN(raw.venueNs);
  const isTrade = (raw: Raw): boolean => isReport(raw) && raw.first === ExecType.Trade;
  const intent = raws.find(isNew)?.found;
  const cause = intent === undefined ? undefined : causes.get(intent.cause);
  if (intent !== undefined && cause !== undefined && isMarketType(cause.type)) {
    add('market event at the venue -> received', cause.venueNs, cause.receivedNs);
    add('received -> intent', cause.receivedNs, intent.ns);
  }
  const first = raws.find(isReport);
  if (first === undefined) return stages;
  if (intent !== undefined) add('intent -> at the venue', intent.ns, first.venueNs);
  add('at the venue -> first report', first.venueNs, first.found.ns);
  const trade = raws.find(isTrade);
  if (trade !== undefined) {
    if (trade !== first) add('at the venue -> first fill', first.venueNs, trade.venueNs);
    add('first fill -> reported', trade.venueNs, trade.found.ns);
    if (intent !== undefined) add('intent -> first fill reported', intent.ns, trade.found.ns);
  }
  const over = raws.find((raw) => raw.found.type === RecordType.OrderState && isTerminal(raw.first));
  if (intent !== undefined && over !== undefined) add('intent -> over', intent.ns, over.found.ns);
  return stages;
}
