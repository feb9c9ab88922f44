/** Who is who in a run, from the configuration that stands in its log. Tolerant: what it does not say has a number for a name. */
import { RISK_SCOPE_TEXT, RiskScope } from '../../core/record.ts';
import { LogSettings } from '../../report/log-settings.ts';

export class Names {
  readonly settings: LogSettings;
  /** Kill switches that were latched when the run began, as labels. */
  readonly latched: readonly string[];
  readonly accounts: readonly string[];
  /** Of a live run. */
  private readonly venues: readonly string[];
  /** Nobody has said in which currency money is: one account, as it is where none is configured, and no word of another. */
  readonly isCurrencyAssumed: boolean;
  /** Share of a limit, 0-1, from which on its use is warned about. */
  readonly warnShare: number;

  constructor(json: string) {
    this.settings = new LogSettings(json);
    const config = configOf(json);
    const trading = objectOf(config.trading);
    this.venues = listOf(objectOf(config.live).venues).map((one, i) => String(one.venue ?? i));
    const [first, ...others] = listOf(trading.accounts);
    this.isCurrencyAssumed =
      (first === undefined || (first.name === 'main' && first.currency === 'USD')) &&
      others.length === 0 &&
      Object.keys(objectOf(trading.fx)).length === 0 &&
      Object.values(objectOf(trading.instruments)).every((terms) => objectOf(terms).currency === undefined);
    this.latched = listOf(trading.latched).map((one) => labelOf(String(one.scope), String(one.name ?? '')));
    this.accounts = listOf(trading.accounts).map((one, i) => String(one.name ?? i));
    const percent = objectOf(trading.risk).warnPercent;
    this.warnShare = typeof percent === 'number' ? percent / 100 : 0.7;
  }

  get strategies(): readonly string[] {
    return this.settings.strategies.map(({ id }) => id);
  }

  venue(index: number): string {
    return this.venues[index] ?? `venue ${index}`;
  }

  /** `engine`, `account main`, `strategy mm`, `instrument BTCUSDT`. */
  subject(scope: number, index: number, symbol: string): string {
    const { settings } = this;
    const text = RISK_SCOPE_TEXT[scope] ?? `scope ${scope}`;
    if (scope === RiskScope.Account) return labelOf(text, settings.accountName(index));
    if (scope === RiskScope.Strategy) return labelOf(text, settings.strategyName(index));
    return labelOf(text, scope === RiskScope.Instrument ? symbol : '');
  }
}

function labelOf(scope: string, name: string): string {
  return scope === 'engine' || name === '' ? scope : `${scope} ${name}`;
}

function configOf(json: string): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(json));
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}
