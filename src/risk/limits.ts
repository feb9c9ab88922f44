/** The configured limits as numbers, resolved for whoever asks: by subject, by strategy, by (strategy, instrument). */
import { POWERS_OF_TEN, parseExact, unitsOf } from '../core/decimal.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';
import type { InstrumentTerms } from '../core/instrument-terms.ts';
import { OrderSide, OrdType } from '../core/order.ts';
import { RiskScope } from '../core/record.ts';
import {
  type AccountLimits,
  type LossAction,
  MICRO_DECIMALS,
  type Rate,
  type RiskConfig,
  SELF_TRADE_MODES,
  type StrategyLimits,
} from './risk-config.ts';
import type { SlidingWindow } from './sliding-window.ts';
import { ENGINE, type Subjects } from './subjects.ts';

const NONE = Number.POSITIVE_INFINITY;
const NS_PER_MS = 1e6;
/** Percentages have up to 4 decimals: held in millionths. */
export const MILLION = 1_000_000;

export const SelfTrade = { Off: 0, CancelNewest: 1, CancelOldest: 2, CancelBoth: 3, Decrement: 4 } as const;

/** Bit per permission of a strategy. */
export const PERMIT_SIDE = 0;
export const PERMIT_TYPE = 3;

const SIDES = { buy: OrderSide.Buy, sell: OrderSide.Sell } as const;
const TYPES = {
  limit: OrdType.Limit,
  market: OrdType.Market,
  stop: OrdType.Stop,
  'stop-limit': OrdType.StopLimit,
  pegged: OrdType.Pegged,
} as const;

type OrderKey = 'maxQty' | 'maxNotional' | 'maxVolumePercent' | 'collarPercent' | 'collarTicks' | 'maxReferenceAgeMs';

export class Limits {
  config: RiskConfig;
  /** By subject: micro-units of its currency, Infinity = none. */
  readonly maxGross: Float64Array;
  readonly maxNet: Float64Array;
  readonly maxCredit: Float64Array;
  readonly maxLoss: Float64Array;
  readonly maxDrawdown: Float64Array;
  readonly onLoss: LossAction[] = [];
  maxVar = NONE;
  /** By account: SelfTrade. */
  readonly selfTrade: Uint8Array;
  /** By strategy: 0 = none. */
  readonly repeatedOrderNs: Float64Array;
  warnRatio = 0.7;
  clearRatio = 0.65;
  isMidMark = true;
  isTouchCollar = false;
  readonly subjects: Subjects;
  private readonly accounts: AccountLimits[] = [];
  private readonly strategies: StrategyLimits[] = [];
  private restricted = new Set<string>();

  constructor(config: RiskConfig, subjects: Subjects) {
    this.subjects = subjects;
    this.config = config;
    this.maxGross = new Float64Array(subjects.count);
    this.maxNet = new Float64Array(subjects.count);
    this.maxCredit = new Float64Array(subjects.count);
    this.maxLoss = new Float64Array(subjects.count);
    this.maxDrawdown = new Float64Array(subjects.count);
    this.selfTrade = new Uint8Array(subjects.accounts.length);
    this.repeatedOrderNs = new Float64Array(subjects.strategies.length);
    this.set(config);
  }

  set(config: RiskConfig): void {
    const { subjects } = this;
    this.config = config;
    this.restricted = new Set(config.restricted);
    this.warnRatio = config.warnPercent / 100;
    this.clearRatio = (config.warnPercent - config.warnHysteresisPercent) / 100;
    this.isMidMark = config.mark === 'mid';
    this.isTouchCollar = config.collarAgainst === 'touch';
    this.maxVar = micro(config.engine.maxVar);
    for (const [i, { name }] of subjects.accounts.entries()) {
      this.accounts[i] = { ...config.account, ...own(config.accounts, name) };
      this.selfTrade[i] = SELF_TRADE_MODES.indexOf(this.accounts[i].selfTrade ?? 'cancel-newest');
      this.setTotals(subjects.ofAccount(i), this.accounts[i]);
    }
    for (const [i, { name }] of subjects.strategies.entries()) {
      this.strategies[i] = { ...config.strategy, ...own(config.strategies, name) };
      this.repeatedOrderNs[i] = (this.strategies[i].repeatedOrderMs ?? 0) * NS_PER_MS;
      this.setTotals(subjects.ofStrategy(i), this.strategies[i]);
    }
    this.setTotals(ENGINE, config.engine);
  }

  isRestricted(symbol: string): boolean {
    return this.restricted.has(symbol);
  }

  /** Bits of sides from PERMIT_SIDE on and of order types from PERMIT_TYPE on; 0 where it may not trade the symbol. */
  permissions(strategy: number, symbol: string): number {
    const { symbols, sides, orderTypes } = this.strategies[strategy];
    if (symbols !== undefined && !symbols.includes(symbol)) return 0;
    let bits = 0;
    for (const side of sides ?? (['buy', 'sell'] as const)) bits |= 1 << (PERMIT_SIDE + SIDES[side]);
    for (const type of orderTypes ?? (Object.keys(TYPES) as (keyof typeof TYPES)[])) {
      bits |= 1 << (PERMIT_TYPE + TYPES[type]);
    }
    return bits;
  }

  /** Lots, rounded down. */
  maxQtyLots(strategy: number, def: InstrumentDef): number {
    return lotsOf(this.orderLimit(strategy, def.symbol, 'maxQty'), def);
  }

  maxNotionalMicro(strategy: number, symbol: string): number {
    return micro(this.orderLimit(strategy, symbol, 'maxNotional'));
  }

  /** Millionths. */
  collarMillionths(strategy: number, symbol: string): number {
    return millionths(this.orderLimit(strategy, symbol, 'collarPercent'));
  }

  volumeMillionths(strategy: number, symbol: string): number {
    return millionths(this.orderLimit(strategy, symbol, 'maxVolumePercent'));
  }

  /** In units of the instrument's price. */
  collarTicks(strategy: number, symbol: string, terms: InstrumentTerms | null): number {
    const ticks = this.orderLimit(strategy, symbol, 'collarTicks');
    return ticks === undefined || ticks === null ? NONE : Number(ticks) * (terms?.tickTicks ?? 1);
  }

  maxReferenceAgeNs(strategy: number, symbol: string): number {
    const age = this.orderLimit(strategy, symbol, 'maxReferenceAgeMs');
    return age === undefined || age === null ? NONE : Number(age) * NS_PER_MS;
  }

  /** Lots of a subject in one instrument: long where `isLong`, else short. */
  maxPositionLots(subject: number, def: InstrumentDef, isLong: boolean): number {
    const key = isLong ? 'maxLong' : 'maxShort';
    const scope = this.subjects.scopeOf(subject);
    const index = this.subjects.indexOf(subject);
    const instrument = own(this.config.instruments, def.symbol);
    const general =
      scope === RiskScope.Engine
        ? this.config.engine
        : scope === RiskScope.Account
          ? this.accounts[index]
          : this.strategies[index];
    const special =
      scope === RiskScope.Engine
        ? instrument?.engine
        : scope === RiskScope.Account
          ? instrument?.account
          : instrument?.strategy;
    const limit = special?.[key];
    return lotsOf(limit === undefined ? general[key] : limit, def);
  }

  limitStrategyRate(strategy: number, window: SlidingWindow): void {
    limitRate(window, this.strategies[strategy].messageRate);
  }

  limitCancelRate(strategy: number, window: SlidingWindow): void {
    limitRate(window, this.strategies[strategy].cancelRate);
  }

  limitInstrumentRate(symbol: string, window: SlidingWindow): void {
    const special = own(this.config.instruments, symbol)?.messageRate;
    limitRate(window, special === undefined ? this.config.instrumentMessageRate : special);
  }

  /** Returns the pause in ns, 0 = no such limit. */
  limitExecutions(strategy: number, window: SlidingWindow): number {
    const limit = this.strategies[strategy].repeatedExecutions;
    limitRate(window, limit);
    return limit === undefined || limit === null ? 0 : limit.pauseMs * NS_PER_MS;
  }

  private orderLimit(strategy: number, symbol: string, key: OrderKey): string | number | null | undefined {
    const account = this.subjects.accountOfStrategy(strategy);
    const scopes = [own(this.config.instruments, symbol), this.strategies[strategy], this.accounts[account]];
    for (const scope of scopes) if (scope?.[key] !== undefined) return scope[key];
    return this.config.engine[key];
  }

  private setTotals(subject: number, limits: AccountLimits | RiskConfig['engine'] | StrategyLimits): void {
    this.maxGross[subject] = micro(limits.maxGross);
    this.maxNet[subject] = micro(limits.maxNet);
    this.maxCredit[subject] = micro(limits.maxCredit);
    this.maxLoss[subject] = micro(limits.maxLoss);
    this.maxDrawdown[subject] = micro(limits.maxDrawdown);
    this.onLoss[subject] = limits.onLoss ?? 'reducing';
  }
}

function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function limitRate(window: SlidingWindow, rate: Rate | null | undefined): void {
  if (rate === undefined || rate === null) window.limit(NONE, 0);
  else window.limit(rate.max, rate.perMs * NS_PER_MS);
}

function units(text: string | number | null | undefined, decimals: number): number {
  const decimal = text === undefined || text === null ? null : parseExact(String(text));
  return decimal === null ? NONE : unitsOf(decimal, decimals);
}

function micro(text: string | number | null | undefined): number {
  return units(text, MICRO_DECIMALS);
}

function millionths(text: string | number | null | undefined): number {
  return units(text, 4);
}

function lotsOf(text: string | number | null | undefined, def: InstrumentDef): number {
  const decimal = text === undefined || text === null ? null : parseExact(String(text));
  if (decimal === null) return NONE;
  if (decimal.decimals > def.qtyDecimals) {
    return Math.floor(decimal.units / POWERS_OF_TEN[decimal.decimals - def.qtyDecimals]);
  }
  const lots = unitsOf(decimal, def.qtyDecimals);
  return Number.isNaN(lots) ? NONE : lots; // more than 2^53 lots: no position reaches it
}
