/** Numbers and times as the page writes them. What is not a number is a dash: never an empty cell, never NaN. */

export const DASH = '–';
const MINUS = '−';
const NS_PER_S = 1e9;

const formats = new Map<number, Intl.NumberFormat>();

function formatOf(decimals: number): Intl.NumberFormat {
  let format = formats.get(decimals);
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, format);
  }
  return format;
}

/** Thousands separated, with so many decimals; a dash for NaN and infinities. */
export function decimal(value: number, decimals = 0): string {
  if (!Number.isFinite(value)) return DASH;
  const text = formatOf(decimals).format(value);
  return text.startsWith('-') ? (/[1-9]/.test(text) ? MINUS + text.slice(1) : text.slice(1)) : text;
}

/** As `decimal`, with the sign always shown; zero has none. */
export function signed(value: number, decimals = 2): string {
  const text = decimal(value, decimals);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

export function percent(share: number): string {
  return Number.isFinite(share) ? `${decimal(share * 100, share < 0.1 ? 1 : 0)} %` : DASH;
}

const NS_UNITS: readonly (readonly [number, string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
];

/** Three digits and a unit: `1.24 µs`. */
export function duration(ns: number): string {
  if (!Number.isFinite(ns) || ns < 0) return DASH;
  for (const [size, unit] of NS_UNITS) {
    if (ns >= size) {
      const value = ns / size;
      return `${decimal(value, size === 1 || value >= 100 ? 0 : value >= 10 ? 1 : 2)} ${unit}`;
    }
  }
  return '0 s';
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function bytes(count: number): string {
  if (!Number.isFinite(count)) return DASH;
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${decimal(value, unit === 0 ? 0 : 1)} ${BYTE_UNITS[unit]}`;
}

/** `13:04:05.123` of ns since the session's midnight; hours go on beyond 24. */
export function timeOfDay(ns: number, digits: 0 | 3 | 6 = 3): string {
  if (!Number.isFinite(ns) || ns < 0) return DASH;
  const seconds = Math.floor(ns / NS_PER_S);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':');
  if (digits === 0) return clock;
  return `${clock}.${String(Math.floor(ns % NS_PER_S))
    .padStart(9, '0')
    .slice(0, digits)}`;
}

/** The session's date, UTC. */
export function sessionDate(sessionMidnightNs: string): string {
  const ms = Number(BigInt(sessionMidnightNs) / 1_000_000n);
  return ms > 0 && Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 10) : '';
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** A side by word: colour alone says nothing. */
export function sideText(side: number): string {
  return side === 1 ? 'Buy' : side === 2 ? 'Sell' : DASH;
}
