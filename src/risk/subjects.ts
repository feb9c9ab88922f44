/**
 * Whom limits bind: the engine as a whole, each account, each strategy, as one dense index. 0 is the engine, then come the
 * accounts, then the strategies. A strategy belongs to one account for good and counts in its currency; the engine counts
 * in the first account's.
 */
import { assert } from '../core/assert.ts';
import { RISK_SCOPE_TEXT, RiskScope } from '../core/record.ts';

const MAX_SUBJECTS_OF_A_KIND = 64;
export const ENGINE = 0;

export interface AccountDef {
  readonly name: string;
  readonly currency: string;
}

export interface StrategyDef {
  readonly name: string;
  /** Index of its account. */
  readonly account: number;
}

export class Subjects {
  readonly accounts: readonly AccountDef[];
  readonly strategies: readonly StrategyDef[];
  /** How many subjects there are. */
  readonly count: number;
  /** Distinct currencies; the first is the engine's. */
  readonly currencies: readonly string[];
  /** Index into `currencies`, by account. */
  readonly currencyOfAccount: Int32Array;
  private readonly accountOf: Int32Array;
  private readonly firstStrategy: number;

  constructor(accounts: readonly AccountDef[], strategies: readonly StrategyDef[]) {
    assert(accounts.length >= 1 && accounts.length <= MAX_SUBJECTS_OF_A_KIND, '1-64 accounts');
    assert(strategies.length <= MAX_SUBJECTS_OF_A_KIND, 'at most 64 strategies');
    this.accounts = accounts;
    this.strategies = strategies;
    this.firstStrategy = 1 + accounts.length;
    this.count = this.firstStrategy + strategies.length;
    this.currencies = [...new Set(accounts.map(({ currency }) => currency))];
    this.currencyOfAccount = Int32Array.from(accounts, ({ currency }) => this.currencies.indexOf(currency));
    this.accountOf = Int32Array.from(strategies, ({ account }) => account);
    for (const account of this.accountOf)
      assert(account >= 0 && account < accounts.length, "a strategy's account exists");
  }

  ofAccount(account: number): number {
    return 1 + account;
  }

  ofStrategy(strategy: number): number {
    return this.firstStrategy + strategy;
  }

  accountOfStrategy(strategy: number): number {
    return this.accountOf[strategy];
  }

  /** RiskScope of a subject. */
  scopeOf(subject: number): RiskScope {
    if (subject === ENGINE) return RiskScope.Engine;
    return subject < this.firstStrategy ? RiskScope.Account : RiskScope.Strategy;
  }

  /** Account or strategy index of a subject; 0 for the engine. */
  indexOf(subject: number): number {
    if (subject === ENGINE) return 0;
    return subject < this.firstStrategy ? subject - 1 : subject - this.firstStrategy;
  }

  /** Index into `currencies`. */
  currencyOf(subject: number): number {
    if (subject === ENGINE) return 0;
    const index = this.indexOf(subject);
    return this.currencyOfAccount[subject < this.firstStrategy ? index : this.accountOf[index]];
  }

  /** The subject of a scope (engine, account, strategy), or -1. */
  find(scope: number, index: number): number {
    if (scope === RiskScope.Engine) return ENGINE;
    const list = scope === RiskScope.Account ? this.accounts : scope === RiskScope.Strategy ? this.strategies : [];
    if (!(index >= 0 && index < list.length)) return -1;
    return scope === RiskScope.Account ? this.ofAccount(index) : this.ofStrategy(index);
  }

  /** `engine`, `account main`, `strategy mm`. */
  nameOf(subject: number): string {
    const scope = this.scopeOf(subject);
    if (scope === RiskScope.Engine) return 'engine';
    const list = scope === RiskScope.Account ? this.accounts : this.strategies;
    return `${RISK_SCOPE_TEXT[scope]} ${list[this.indexOf(subject)].name}`;
  }
}
