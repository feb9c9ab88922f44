/** Exchange days: ITCH and LOBSTER count time from the midnight of New York. */
import { TapeheadError } from '../core/errors.ts';

const HOUR_NS = 3_600_000_000_000n;
const NEW_YORK = 'America/New_York';

/** True for a real date written YYYY-MM-DD. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** Midnight in New York of a date written YYYY-MM-DD, ns since the Unix epoch. */
export function newYorkMidnight(date: string): bigint {
  if (!isDate(date)) throw new TapeheadError('USAGE', `--date ${date} is not a date: write it as YYYY-MM-DD`);
  const utc = BigInt(Date.parse(`${date}T00:00:00Z`)) * 1_000_000n;
  const clock = new Intl.DateTimeFormat('en-CA', {
    timeZone: NEW_YORK,
    dateStyle: 'short',
    timeStyle: 'medium',
    hourCycle: 'h23',
  });
  // New York is 5 hours behind UTC, 4 in summer; its clocks never change at midnight.
  const summer = utc + 4n * HOUR_NS;
  const shown = clock.format(new Date(Number(summer / 1_000_000n)));
  return shown.includes('00:00:00') ? summer : summer + HOUR_NS;
}
