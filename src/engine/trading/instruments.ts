/**
 * What trading knows of the instruments beside their definitions: steps of orders, contract terms, and which ones hold the
 * same thing. Resolved whenever an instrument is defined or redefined.
 */
import type { TradingIdentity } from '../../config/trading-identity.ts';
import { TradingState } from '../../core/event.ts';
import type { InstrumentDef } from '../../core/instrument-def.ts';
import { type InstrumentTerms, resolveTerms } from '../../core/instrument-terms.ts';

/** Terms of every instrument that the configuration does not name. */
const OTHERS = '*';

export class Instruments {
  private readonly identity: TradingIdentity;
  private readonly terms: (InstrumentTerms | null | undefined)[] = [];
  /** TradingState of the venue. */
  private readonly states: number[] = [];
  private readonly indexOf = new Map<string, number>();
  private readonly groups = new Map<string, readonly number[]>();

  constructor(identity: TradingIdentity) {
    this.identity = identity;
  }

  /** Null: its terms make no sense with these decimals, so nothing can be traded. */
  define(instrument: number, def: InstrumentDef): InstrumentTerms | null {
    const { instruments, accounts, groups } = this.identity;
    const text = { ...instruments[OTHERS], ...instruments[def.symbol] };
    const terms = resolveTerms(def, text, accounts[0].currency);
    this.terms[instrument] = terms;
    this.states[instrument] ??= TradingState.Unknown;
    this.indexOf.set(def.symbol, instrument);
    for (const [name, symbols] of Object.entries(groups)) {
      const members = symbols.map((symbol) => this.indexOf.get(symbol)).filter((index) => index !== undefined);
      this.groups.set(name, Object.freeze(members.sort((a, b) => a - b)));
    }
    return terms;
  }

  isDefined(instrument: number): boolean {
    return this.terms[instrument] != null;
  }

  setTradingState(instrument: number, state: number): void {
    this.states[instrument] = state;
  }

  /** TradingState, as the venue last said. */
  tradingState(instrument: number): number {
    return this.states[instrument] ?? TradingState.Unknown;
  }

  /** Index of an instrument by its name, or -1. */
  find(symbol: string): number {
    return this.indexOf.get(symbol) ?? -1;
  }

  tickTicks(instrument: number): number {
    return this.terms[instrument]?.tickTicks ?? 1;
  }

  lotLots(instrument: number): number {
    return this.terms[instrument]?.lotLots ?? 1;
  }

  /** Defined members of a consolidated group, ascending. */
  group(name: string): readonly number[] {
    return this.groups.get(name) ?? NONE;
  }
}

const NONE: readonly number[] = Object.freeze([]);
