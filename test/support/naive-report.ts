/**
 * What a report must say of a tape, worked out slowly and exactly from its list of records: BigInt throughout, nothing
 * shared with src/report. Money in units of 10^-12 of the currency (enough for the tapes' decimals and half ticks).
 */
import { ExecType, Liquidity, OrdStatus } from '../../src/core/order.ts';
import { OrderAction, RecordType } from '../../src/core/record.ts';
import type { Written } from './trading-log.ts';

const SCALE = 12;

interface Holding {
  readonly strategy: number;
  readonly instrument: number;
  /** Lots of 10^-12 units. */
  qty: bigint;
  cash: bigint;
  fees: bigint;
  realised: bigint;
  turnover: bigint;
  fills: number;
  busts: number;
}

interface NaiveOrder {
  status: number;
  readonly strategy: number;
  readonly instrument: number;
  isRiskReject: boolean;
  executions: number;
}

export interface NaivePoint {
  readonly ns: number;
  /** By `strategy instrument`: net of fees, 10^-12. */
  readonly values: ReadonlyMap<string, bigint>;
}

export class NaiveReport {
  readonly holdings = new Map<string, Holding>();
  readonly orders = new Map<number, NaiveOrder>();
  readonly rejects = new Map<string, number>();
  readonly entryNs: number[] = [];
  readonly responseNs: number[] = [];
  /** After every record from the first order on: what each holding is worth. */
  readonly points: NaivePoint[] = [];
  startNs = -1;
  endNs = 0;
  private readonly multipliers: ReadonlyMap<number, bigint>;
  private readonly defs = new Map<number, { pd: number; qd: number }>();
  /** Twice the mid, 10^-12. */
  private readonly mids = new Map<number, bigint>();
  private readonly lastPx = new Map<string, bigint>();
  private readonly requests = new Map<string, number>();
  private readonly acked = new Set<number>();

  constructor(written: readonly Written[], multipliers: ReadonlyMap<number, bigint>) {
    this.multipliers = multipliers;
    for (const record of written) {
      this.take(record);
      if (this.startNs >= 0) this.points.push({ ns: record.ns, values: this.values() });
      this.endNs = record.ns;
    }
  }

  /** Gross of one holding, 10^-12. */
  gross(key: string): bigint {
    const holding = this.holdings.get(key)!;
    const twice = this.mids.get(holding.instrument) ?? 2n * this.lastPx.get(key)!;
    const multiplier = this.multipliers.get(holding.instrument) ?? 1n;
    // qty and prices are 10^-12 each: the product is taken down by 10^12, exactly for these tapes.
    return holding.cash + (multiplier * holding.qty * twice) / 10n ** BigInt(SCALE) / 2n;
  }

  net(key: string): bigint {
    return this.gross(key) - this.holdings.get(key)!.fees;
  }

  private values(): Map<string, bigint> {
    return new Map([...this.holdings.keys()].map((key) => [key, this.net(key)]));
  }

  private take({ type, ns, fields }: Written): void {
    const n = (name: string): number => Number(fields[name] ?? 0);
    const instrument = n('instrument');
    if (type === 1) this.defs.set(instrument, { pd: n('priceDecimals'), qd: n('qtyDecimals') });
    else if (type === RecordType.Bbo) {
      const both = n('bidQty') > 0 && n('askQty') > 0;
      if (both) this.mids.set(instrument, this.price(instrument, n('bid') + n('ask')));
    } else if (type === RecordType.OrderIntent) {
      if (this.startNs < 0) this.startNs = ns;
      this.requests.set(`${n('orderId')} ${n('action')}`, ns);
      if (n('action') !== OrderAction.New) return;
      const order = {
        status: OrdStatus.PendingNew,
        strategy: n('strategy'),
        instrument,
        isRiskReject: false,
        executions: 0,
      };
      this.orders.set(n('orderId'), order);
    } else if (type === RecordType.RiskVerdict && n('code') !== 0) {
      this.reject('risk', n('action'), n('code'));
      if (n('action') === OrderAction.New) this.orders.get(n('orderId'))!.isRiskReject = true;
    } else if (type === RecordType.OrderState) {
      this.orders.get(n('orderId'))!.status = n('status');
    } else if (type === RecordType.ExecReport) this.report(ns, n);
    else if (type === RecordType.Fill) this.fill(instrument, n);
  }

  private report(ns: number, n: (name: string) => number): void {
    const execType = n('execType');
    const orderId = n('orderId');
    this.responseNs.push(ns - n('venueNs'));
    const answers: Record<number, number> = {
      [ExecType.Replaced]: OrderAction.Replace,
      [ExecType.ReplaceRejected]: OrderAction.Replace,
      [ExecType.Canceled]: OrderAction.Cancel,
      [ExecType.CancelRejected]: OrderAction.Cancel,
    };
    if (!this.acked.has(orderId)) this.answer(orderId, OrderAction.New, n('venueNs'));
    this.acked.add(orderId);
    if (answers[execType] !== undefined) this.answer(orderId, answers[execType], n('venueNs'));
    if (execType === ExecType.Rejected) this.reject('venue', OrderAction.New, n('code'));
    if (execType === ExecType.ReplaceRejected) this.reject('venue', OrderAction.Replace, n('code'));
  }

  private answer(orderId: number, action: number, venueNs: number): void {
    const sent = this.requests.get(`${orderId} ${action}`);
    if (sent !== undefined) this.entryNs.push(venueNs - sent);
    this.requests.delete(`${orderId} ${action}`);
  }

  private fill(instrument: number, n: (name: string) => number): void {
    const key = `${n('strategy')} ${instrument}`;
    const fresh = {
      strategy: n('strategy'),
      instrument,
      qty: 0n,
      cash: 0n,
      fees: 0n,
      realised: 0n,
      turnover: 0n,
      fills: 0,
      busts: 0,
    };
    const holding: Holding = this.holdings.get(key) ?? fresh;
    this.holdings.set(key, holding);
    const { pd, qd } = this.defs.get(instrument)!;
    const unit = 10n ** BigInt(SCALE - pd - qd) * (this.multipliers.get(instrument) ?? 1n);
    const value = BigInt(n('lastQty')) * BigInt(n('lastPx')) * unit;
    const sign = n('side') === 1 ? 1n : -1n;
    holding.qty += sign * BigInt(n('lastQty')) * 10n ** BigInt(SCALE - qd);
    holding.cash -= sign * value;
    holding.turnover += value;
    holding.fees += BigInt(n('fee')) * unit;
    holding.realised += BigInt(n('realised')) * unit;
    if (n('lastQty') > 0) holding.fills++;
    else holding.busts++;
    this.lastPx.set(key, this.price(instrument, n('lastPx')));
    this.orders.get(n('orderId'))!.executions++;
    if (n('liquidity') === Liquidity.None) throw new Error('the tapes state liquidity');
  }

  private price(instrument: number, ticks: number): bigint {
    return BigInt(ticks) * 10n ** BigInt(SCALE - this.defs.get(instrument)!.pd);
  }

  private reject(stage: string, action: number, code: number): void {
    const key = `${stage} ${action} ${code}`;
    this.rejects.set(key, (this.rejects.get(key) ?? 0) + 1);
  }
}

/** Decimal text of units of 10^-12, no zeros at the end. */
export function naiveText(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -SCALE)}${fraction === '' ? '' : `.${fraction}`}`;
}
