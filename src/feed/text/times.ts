/**
 * Times as venues and recorders write them, to ns since the session's midnight. Split into seconds and the ns within
 * the second, so that nothing passes 2^53: an epoch in ns does. NaN for what is no time, or too far from the session
 * (104 days) to be held exactly.
 */
import { type SessionBase, sessionBaseNs } from '../../core/time.ts';
import { POW10 } from './decimal.ts';

/** "2026-08-09T21:05:" */
const MINUTE_LENGTH = 17;

const ZERO = 0x30;
const POINT = 0x2e;
const DASH = 0x2d;
const COLON = 0x3a;

export class SessionTimes {
  private readonly baseSeconds: number;
  private readonly baseNs: number;
  /** The date, hour and minute that `iso` read last ("2026-08-09T21:05:"), and its epoch seconds in cell 0: most times share it. */
  private readonly minute = new Uint8Array(MINUTE_LENGTH);
  private readonly minuteSeconds = new Float64Array(1).fill(Number.NaN);

  constructor(base: SessionBase) {
    const epoch = sessionBaseNs(base);
    this.baseSeconds = Number(epoch / 1_000_000_000n);
    this.baseNs = Number(epoch % 1_000_000_000n);
  }

  /** `seconds`: whole seconds of the Unix epoch. */
  at(seconds: number, ns: number): number {
    const session = (seconds - this.baseSeconds) * 1e9 + (ns - this.baseNs);
    return Number.isSafeInteger(session) ? session : Number.NaN;
  }

  /** Epoch milliseconds. */
  millis(ms: number): number {
    const seconds = Math.floor(ms / 1000);
    return this.at(seconds, (ms - seconds * 1000) * 1e6);
  }

  /** Turns cells[i] from epoch milliseconds into session ns: no float64 is passed or returned, which might be boxed. */
  fromMillis(cells: Float64Array, i: number): void {
    const ms = cells[i];
    const seconds = Math.floor(ms / 1000);
    const session = (seconds - this.baseSeconds) * 1e9 + ((ms - seconds * 1000) * 1e6 - this.baseNs);
    cells[i] = Number.isSafeInteger(session) ? session : Number.NaN;
  }

  /** Epoch in ns (19 digits), microseconds (16) or milliseconds (13), told apart by their length. */
  digits(bytes: Uint8Array, from: number, to: number): number {
    const length = to - from;
    if (length !== 19 && length !== 16 && length !== 13) return Number.NaN;
    const seconds = integer(bytes, from, from + 10);
    const rest = integer(bytes, from + 10, to);
    return this.at(seconds, rest * (length === 19 ? 1 : length === 16 ? 1e3 : 1e6));
  }

  /** Epoch seconds with a fraction or none: "1618678133.365913". Digits behind the ninth decimal are dropped. */
  seconds(bytes: Uint8Array, from: number, to: number): number {
    let point = from;
    while (point < to && bytes[point] !== POINT) point++;
    if (point === from || point - from > 12) return Number.NaN;
    return this.at(integer(bytes, from, point), point === to ? 0 : fraction(bytes, point + 1, to));
  }

  /** "2026-08-09T21:05:48.228568804Z": UTC, with a fraction of any length or none. Z, +00:00 or nothing at its end. */
  iso(bytes: Uint8Array, from: number, to: number): number {
    const end = isoEnd(bytes, from, to);
    if (end - from < 19) return Number.NaN;
    if (!this.isSameMinute(bytes, from)) this.readMinute(bytes, from);
    const seconds = this.minuteSeconds[0] + integer(bytes, from + 17, from + 19);
    if (end === from + 19) return this.at(seconds, 0);
    return bytes[from + 19] === POINT ? this.at(seconds, fraction(bytes, from + 20, end)) : Number.NaN;
  }

  private isSameMinute(bytes: Uint8Array, from: number): boolean {
    const { minute } = this;
    // From its end on, where times differ first.
    for (let i = MINUTE_LENGTH - 1; i >= 0; i--) if (bytes[from + i] !== minute[i]) return false;
    return true;
  }

  /** NaN where it is none. */
  private readMinute(bytes: Uint8Array, from: number): void {
    this.minute.set(bytes.subarray(from, from + MINUTE_LENGTH));
    this.minuteSeconds[0] = Number.NaN;
    const form =
      bytes[from + 4] === DASH &&
      bytes[from + 7] === DASH &&
      (bytes[from + 10] | 0x20) === 0x74 &&
      bytes[from + 13] === COLON &&
      bytes[from + 16] === COLON;
    if (!form) return;
    const days = daysFromCivil(
      integer(bytes, from, from + 4),
      integer(bytes, from + 5, from + 7),
      integer(bytes, from + 8, from + 10),
    );
    const hours = integer(bytes, from + 11, from + 13);
    const minutes = integer(bytes, from + 14, from + 16);
    this.minuteSeconds[0] = ((days * 24 + hours) * 60 + minutes) * 60;
  }
}

/** Where an ISO time's zone begins; `from` when it is not UTC. */
function isoEnd(bytes: Uint8Array, from: number, to: number): number {
  if (to > from && (bytes[to - 1] | 0x20) === 0x7a) return to - 1;
  const zone = to - 6;
  if (zone > from + 18 && bytes[to - 3] === COLON) {
    const utc = bytes[zone] === 0x2b && integer(bytes, zone + 1, zone + 3) + integer(bytes, zone + 4, to) === 0;
    return utc ? zone : from;
  }
  return to;
}

/** Digits as an integer; NaN if there are none or others among them. Exact to 15 digits. */
function integer(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let p = from; p < to; p++) {
    const digit = bytes[p] - ZERO;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return from < to ? value : Number.NaN;
}

/** Digits behind the point of seconds, as ns. */
function fraction(bytes: Uint8Array, from: number, to: number): number {
  const kept = Math.min(to - from, 9);
  let value = 0;
  for (let i = 0; i < to - from; i++) {
    const digit = bytes[from + i] - ZERO;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    if (i < kept) value = value * 10 + digit;
  }
  return from < to ? value * POW10[9 - kept] : Number.NaN;
}

/** Days since 1970-01-01 of a Gregorian date. Source: Howard Hinnant, "chrono-compatible low-level date algorithms". */
function daysFromCivil(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return Number.NaN;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}
