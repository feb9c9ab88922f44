/**
 * What a report needs of the configuration in a log: names of strategies, currencies, contract multipliers. Tolerant: a
 * log whose configuration says nothing of them (or is none) is reported with indices for names, and no currency.
 */
import { Money } from './money.ts';

export interface StrategySetting {
  readonly id: string;
  readonly use: string;
  readonly account: string;
  /** As given: name and value. */
  readonly parameters: readonly (readonly [string, string])[];
}

export class LogSettings {
  readonly format: string;
  readonly strategies: readonly StrategySetting[];
  /** Whether the run was configured to trade. */
  readonly hasTrading: boolean;
  private readonly accounts: readonly { readonly id: string; readonly currency: string }[];
  private readonly instruments: Readonly<Record<string, unknown>>;
  private readonly rates: Readonly<Record<string, unknown>>;

  /** `json`: the configuration as it stands in the log. */
  constructor(json: string) {
    const config = objectOf(parse(json));
    const trading = objectOf(config.trading);
    this.format = textOf(config.format);
    this.hasTrading = Object.keys(trading).length > 0;
    this.instruments = objectOf(trading.instruments);
    this.rates = objectOf(trading.fx);
    this.accounts = listOf(trading.accounts).map((one, i) => {
      const account = objectOf(one);
      return { id: textOf(account.name) || textOf(account.id) || String(i), currency: textOf(account.currency) };
    });
    this.strategies = listOf(trading.strategies).map((one, i) => {
      const strategy = objectOf(one);
      return {
        id: textOf(strategy.id) || String(i),
        use: textOf(strategy.use),
        account: textOf(strategy.account),
        parameters: Object.entries(objectOf(strategy.params)).map(([name, value]) => [name, plain(value)] as const),
      };
    });
  }

  strategyName(index: number): string {
    return this.strategies[index]?.id ?? `strategy ${index}`;
  }

  accountName(index: number): string {
    return this.accounts[index]?.id ?? `account ${index}`;
  }

  /** The instrument's currency; where none is stated the first account's; '' where that is not stated either. */
  currency(symbol: string): string {
    return this.termOf(symbol, 'currency') || this.baseCurrency;
  }

  /** The first account's: what everything can be added up in, as far as there are rates. */
  get baseCurrency(): string {
    return this.accounts[0]?.currency ?? '';
  }

  /** Units of the base currency per unit of this one; null where the configuration states none. */
  rateToBase(currency: string): Money | null {
    if (currency === this.baseCurrency) return Money.ONE;
    const text = textOf(this.rates[currency]);
    return text === '' ? null : Money.parse(text);
  }

  /** Contract multiplier, 1 where none is stated. */
  multiplier(symbol: string): Money {
    const text = this.termOf(symbol, 'multiplier');
    return (text === '' ? null : Money.parse(text)) ?? Money.ONE;
  }

  /** Of the instrument by its name, else of all others (`*`). */
  private termOf(symbol: string, name: string): string {
    return textOf(objectOf(this.instruments[symbol])[name]) || textOf(objectOf(this.instruments['*'])[name]);
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : '';
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
