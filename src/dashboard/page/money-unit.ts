/** The currency that money is written in. */
import type { Hello } from '../protocol.ts';
import type { Store } from './store.ts';

/** What it follows from: part of the page's context. */
interface MoneySources {
  readonly hello: Pick<Hello, 'currency' | 'isCurrencyAssumed'>;
  readonly store: Pick<Store, 'instruments'>;
}

const QUOTE =
  /^(?:.*[-/_:])?[^-/_:]{2,}?[-/_:]?(USDT|USDC|FDUSD|TUSD|BUSD|DAI|USD|EUR|GBP|JPY|TRY|BTC|XBT|ETH|BNB)(?:[-_]?PERP)?$/;

/** The currency that a symbol ends in, as those of pairs do; '' where there is none. */
export function quoteOf(symbol: string): string {
  return QUOTE.exec(symbol.toUpperCase())?.[1] ?? '';
}

/**
 * Where nobody has configured a currency, that of the books, as far as their symbols tell one and they agree: rather no word
 * than a wrong one.
 */
export function moneyUnit({ hello, store }: MoneySources): string {
  if (!hello.isCurrencyAssumed) return hello.currency;
  const quotes = new Set<string>();
  for (const [, symbol] of store.instruments.values()) quotes.add(quoteOf(symbol));
  if (quotes.size > 1) return '';
  const [quote = ''] = quotes;
  return quote === '' ? hello.currency : quote;
}
