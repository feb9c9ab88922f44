/**
 * What an error of Binance means for a request ("Error codes for Binance", the futures' page likewise): was it refused, and
 * with which RejectCode, or is it unknown whether it was done? Where the documents say "execution status unknown", and for
 * every 5xx, it is unknown; nothing is assumed.
 */
import { RejectCode } from '../../core/order.ts';

export const Verdict = {
  /** It was not done, for certain. */
  Refused: 1,
  /** It may have been done: ask. */
  Unknown: 2,
  /** Not done: our clock and the venue's differ too much. */
  Clock: 3,
  /** Not done: too many requests; `retryAfter` says until when. */
  Rate: 4,
  /** Not done, and never will be with this key. */
  BadKey: 5,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

export interface VenueError {
  /** HTTP status, or that of the websocket API. 0: no answer came. */
  readonly status: number;
  /** The venue's code, such as -2010; 0 where it gave none. */
  readonly code: number;
  readonly text: string;
  /** Until when nothing may be asked, epoch ms; 0 where it was not said. */
  readonly retryAtMs: number;
}

/** -2013 and, for cancels, -2011: the order is not there (any more). */
export const NO_SUCH_ORDER = -2013;
export const CANCEL_REJECTED = -2011;

const BAD_KEY: readonly number[] = [-1002, -1022, -2014, -2015, -2017];
/** Done or not: nobody knows. -1000 and -1001 are errors inside of the venue. -2010 "duplicate": somebody has been there before. */
const UNKNOWN: readonly number[] = [-1000, -1001, -1006, -1007];

export function verdictOf(error: VenueError): Verdict {
  const { status, code } = error;
  if (status === 429 || status === 418 || code === -1003 || code === -1015) return Verdict.Rate;
  if (code === -1021) return Verdict.Clock;
  if (BAD_KEY.includes(code) || status === 401) return Verdict.BadKey;
  if (status === 0 || status >= 500 || UNKNOWN.includes(code)) return Verdict.Unknown;
  return /duplicate|already exists/i.test(error.text) || code === -4116 ? Verdict.Unknown : Verdict.Refused;
}

const BY_TEXT: readonly (readonly [RegExp, RejectCode])[] = [
  [/immediately match and take|as maker/i, RejectCode.VenueWouldTake],
  [/insufficient/i, RejectCode.VenueFunds],
  [/market is closed|trading phase/i, RejectCode.VenueHalted],
  [/filter failure|precision|less than|greater than|tick size|step size/i, RejectCode.VenueFilter],
  [/unknown order|does not exist/i, RejectCode.VenueUnknownOrder],
  [/not supported|unsupported|not possible/i, RejectCode.VenueUnsupported],
];

const BY_CODE: Readonly<Record<number, RejectCode>> = {
  [-1013]: RejectCode.VenueFilter,
  [-1111]: RejectCode.VenueFilter,
  [-4003]: RejectCode.VenueFilter, // quantity not above zero
  [-4014]: RejectCode.VenueFilter, // price not by tick size
  [-4164]: RejectCode.VenueFilter, // notional too small
  [-2018]: RejectCode.VenueFunds,
  [-2019]: RejectCode.VenueFunds,
  [-2013]: RejectCode.VenueUnknownOrder,
  [-5021]: RejectCode.VenueNotFilled, // fill-or-kill
  [-5022]: RejectCode.VenueWouldTake, // post-only
  [-1003]: RejectCode.VenueRate,
  [-1015]: RejectCode.VenueRate,
  [-1016]: RejectCode.VenueHalted,
  [-1020]: RejectCode.VenueUnsupported,
  [-1116]: RejectCode.VenueUnsupported,
  [-4120]: RejectCode.VenueUnsupported, // conditional orders have a service of their own
};

export function rejectCodeOf(error: VenueError): RejectCode {
  if (error.status === 429 || error.status === 418) return RejectCode.VenueRate;
  const byCode = BY_CODE[error.code];
  if (byCode !== undefined) return byCode;
  for (const [pattern, code] of BY_TEXT) if (pattern.test(error.text)) return code;
  return RejectCode.VenueRefused;
}

/** For people: one line. */
export function verdictText({ status, code, text }: VenueError): string {
  return status === 0 ? `no answer (${text})` : `HTTP ${status}, ${code} ${text}`.trim();
}
