/**
 * Who may trade at all: kill switches (latched: only `resume` releases them), trading states, what the venue says of the
 * instrument, the restricted list, permissions. All of it readable, so that it can be given to the next run.
 */

import { TradingState as VenueState } from '../core/event.ts';
import type { Fnv64 } from '../core/hash.ts';
import { RejectCode } from '../core/order.ts';
import { RiskScope, RiskStateKind } from '../core/record.ts';
import { widened } from '../core/widened.ts';
import { Check, type Request, SCOPES } from './checks.ts';
import { PERMIT_SIDE, PERMIT_TYPE } from './limits.ts';
import type { Subjects } from './subjects.ts';

/** Of a subject. The values are RiskStateKind's. */
export const TradingState = {
  Active: RiskStateKind.Active,
  /** Only orders that reduce the subject's position. */
  Reducing: RiskStateKind.Reducing,
  /** Cancels only. */
  Halted: RiskStateKind.Halted,
} as const;
export type TradingState = (typeof TradingState)[keyof typeof TradingState];

/** A latched kill switch, by name. The engine's name is ''. */
export interface Latched {
  readonly scope: 'engine' | 'account' | 'strategy' | 'instrument';
  readonly name: string;
}

const KILL_CODES = [RejectCode.KillEngine, RejectCode.KillAccount, RejectCode.KillStrategy];

export class Standing {
  /** By subject: 1 = killed. */
  readonly killed: Uint8Array;
  /** By subject: TradingState. */
  readonly state: Uint8Array;
  /** By instrument: 1 = killed, 2 = restricted. */
  private barred = new Uint8Array(16);
  /** By instrument: TradingState of the venue. */
  private venueState = new Uint8Array(16);
  /** Symbols killed, defined yet or not. */
  private readonly killedSymbols = new Set<string>();
  private readonly subjects: Subjects;

  constructor(subjects: Subjects, latched: readonly Latched[]) {
    this.subjects = subjects;
    this.killed = new Uint8Array(subjects.count);
    this.state = new Uint8Array(subjects.count).fill(TradingState.Active);
    for (const { scope, name } of latched) {
      if (scope === 'instrument') this.killedSymbols.add(name);
      else if (scope === 'engine') this.killed[0] = 1;
      else {
        const list = scope === 'account' ? subjects.accounts : subjects.strategies;
        const index = list.findIndex((one) => one.name === name);
        if (index < 0) continue; // whom there is no more can send nothing
        this.killed[scope === 'account' ? subjects.ofAccount(index) : subjects.ofStrategy(index)] = 1;
      }
    }
  }

  define(instrument: number, symbol: string, isRestricted: boolean): void {
    if (instrument >= this.barred.length) {
      this.barred = widened(this.barred, instrument + 1);
      this.venueState = widened(this.venueState, instrument + 1);
    }
    this.barred[instrument] = (this.killedSymbols.has(symbol) ? 1 : 0) | (isRestricted ? 2 : 0);
  }

  /** Latches or releases. False where nothing changed. */
  setKilled(scope: number, index: number, symbol: string, isKilled: boolean): boolean {
    const value = isKilled ? 1 : 0;
    if (scope === RiskScope.Instrument) {
      if (this.killedSymbols.has(symbol) === isKilled) return false;
      if (isKilled) this.killedSymbols.add(symbol);
      else this.killedSymbols.delete(symbol);
      if (index >= 0 && index < this.barred.length) this.barred[index] = (this.barred[index] & 2) | value;
      return true;
    }
    const subject = this.subjects.find(scope, index);
    if (subject < 0 || this.killed[subject] === value) return false;
    this.killed[subject] = value;
    return true;
  }

  setVenueState(instrument: number, state: number): void {
    if (instrument < this.venueState.length) this.venueState[instrument] = state;
  }

  /** What is latched, in a fixed order. */
  latched(): Latched[] {
    const { subjects } = this;
    const list: Latched[] = this.killed[0] === 1 ? [{ scope: 'engine', name: '' }] : [];
    for (const [i, { name }] of subjects.accounts.entries()) {
      if (this.killed[subjects.ofAccount(i)] === 1) list.push({ scope: 'account', name });
    }
    for (const [i, { name }] of subjects.strategies.entries()) {
      if (this.killed[subjects.ofStrategy(i)] === 1) list.push({ scope: 'strategy', name });
    }
    for (const name of [...this.killedSymbols].sort()) list.push({ scope: 'instrument', name });
    return list;
  }

  checkKill(request: Request): RejectCode {
    request.lastCheck = Check.Kill;
    for (let i = 0; i < SCOPES; i++) if (this.killed[request.subjects[i]] === 1) return KILL_CODES[i];
    return (this.barred[request.instrument] & 1) !== 0 ? RejectCode.KillInstrument : RejectCode.None;
  }

  /** Needs `request.reduces`. */
  checkState(request: Request): RejectCode {
    request.lastCheck = Check.TradingState;
    for (let i = 0; i < SCOPES; i++) {
      const state = this.state[request.subjects[i]];
      if (state === TradingState.Halted) return RejectCode.TradingHalted;
      if (state === TradingState.Reducing && (request.reduces & (1 << i)) === 0) return RejectCode.ReducingOnly;
    }
    return RejectCode.None;
  }

  checkInstrument(request: Request): RejectCode {
    request.lastCheck = Check.InstrumentState;
    const state = this.venueState[request.instrument];
    return state === VenueState.Unknown || state === VenueState.Trading ? RejectCode.None : RejectCode.InstrumentHalted;
  }

  checkPermissions(request: Request, permissions: number): RejectCode {
    request.lastCheck = Check.Restricted;
    if ((this.barred[request.instrument] & 2) !== 0) return RejectCode.Restricted;
    request.lastCheck = Check.Permissions;
    const bits = (1 << (PERMIT_SIDE + request.side)) | (1 << (PERMIT_TYPE + request.type));
    return (permissions & bits) === bits ? RejectCode.None : RejectCode.NotPermitted;
  }

  /** Whether none of the checks above refuses; trading states that ask for more than that are left to them. */
  isFree(request: Request, permissions: number): boolean {
    const { killed, state } = this;
    const { subjects, instrument } = request;
    for (let i = 0; i < SCOPES; i++) {
      if (killed[subjects[i]] !== 0 || state[subjects[i]] !== TradingState.Active) return false;
    }
    const venueState = this.venueState[instrument];
    if (this.barred[instrument] !== 0 || (venueState !== VenueState.Unknown && venueState !== VenueState.Trading)) {
      return false;
    }
    const bits = (1 << (PERMIT_SIDE + request.side)) | (1 << (PERMIT_TYPE + request.type));
    return (permissions & bits) === bits;
  }

  foldInto(hash: Fnv64): void {
    for (let subject = 0; subject < this.killed.length; subject++) {
      hash.word(this.killed[subject] | (this.state[subject] << 8));
    }
    for (let i = 0; i < this.barred.length; i++) {
      if (this.barred[i] !== 0 || this.venueState[i] !== 0)
        hash.integer(i * 65536 + this.venueState[i] * 256 + this.barred[i]);
    }
  }
}
