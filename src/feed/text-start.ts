/** When a text recording begins: the receive time of its first message, which fixes the session's midnight. */
import { TapeheadError } from '../core/errors.ts';
import { MAX_LINE_BYTES } from '../core/limits.ts';
import { type InputRef, peek } from './input/open.ts';

const FIRST_LOOK_BYTES = 1 << 16;

/** ns since the Unix epoch. */
export async function firstReceiptNs(ref: InputRef, format: 'binance' | 'capture'): Promise<bigint> {
  return format === 'binance' ? await binanceReceipt(ref) : await captureReceipt(ref);
}

async function binanceReceipt(ref: InputRef): Promise<bigint> {
  const text = Buffer.from(await peek(ref, 64))
    .toString('latin1')
    .trimStart();
  const digits = /^\d+/.exec(text)?.[0] ?? '';
  return BigInt(digits.padEnd(19, '0')); // 19 digits of ns, 16 of microseconds or 13 of ms
}

/** Of the first line behind the header; of the header itself where no other line is whole. */
async function captureReceipt(ref: InputRef): Promise<bigint> {
  for (let limit = FIRST_LOOK_BYTES; ; limit *= 8) {
    const bytes = Buffer.from(await peek(ref, limit));
    const lines = bytes.toString('utf8').split('\n');
    const isAll = bytes.length < limit || limit >= MAX_LINE_BYTES;
    const whole = isAll ? lines : lines.slice(0, -1);
    for (const line of whole) {
      const receipt = timeIn(line, 'ts');
      if (receipt !== null) return receipt;
    }
    if (isAll) return timeIn(lines[0], 'recorded') ?? noTime(ref);
  }
}

function noTime(ref: InputRef): never {
  throw new TapeheadError('CORRUPT', `${ref.path} holds no receive time: no line has a number "ts"`);
}

/** Seconds with decimals, as ns: whole seconds are enough to tell the day, and exact. */
function timeIn(line: string, key: 'ts' | 'recorded'): bigint | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return null;
    const seconds: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
    if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0 || seconds >= 2 ** 33) return null;
    return BigInt(Math.floor(seconds)) * 1_000_000_000n;
  } catch {
    return null;
  }
}
