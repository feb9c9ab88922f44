/** What Coinbase's two interfaces share. */
import { Side } from '../../core/event.ts';
import type { PerInstrument } from './instruments.ts';
import type { JsonScanner } from './json-scan.ts';
import type { TextMarket } from './market.ts';
import type { Rows } from './rows.ts';
import type { StreamBook } from './venue.ts';

export interface CoinbaseParts {
  readonly market: TextMarket;
  readonly scan: JsonScanner;
  readonly rows: Rows;
  readonly books: PerInstrument<StreamBook>;
}

/** The aggressor of a trade whose maker was on this side. */
export function against(maker: Side): Side {
  return maker === Side.Bid ? Side.Ask : maker === Side.Ask ? Side.Bid : Side.None;
}
