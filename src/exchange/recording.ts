/**
 * A recording as what a venue would say: frames of websockets and answers of REST, in the order they were received. Reads
 * Binance raw recordings (receive ns, a space, the message; a REST snapshot among them) and captures (JSON lines), packed or not.
 */
import { TapeheadError } from '../core/errors.ts';
import { openSource } from '../feed/input/open.ts';
import type { ByteSource } from '../feed/input/source.ts';

export type RecordedEntry =
  /** `timeMs`: of its receipt, since the Unix epoch. */
  | { readonly is: 'frame'; readonly timeMs: number; readonly frame: string | Uint8Array }
  /** `symbol`: '' where the recording does not say whose book it is. */
  | { readonly is: 'snapshot'; readonly timeMs: number; readonly symbol: string; readonly body: string };

/** Protocol by the name that a capture gives its venue. */
const CAPTURE_VENUES: Readonly<Record<string, string>> = {
  BINANCE: 'binance',
  BINANCE_FUTURES: 'binance-usdm',
  'BINANCE-USDM': 'binance-usdm',
  KRAKEN: 'kraken',
  OKX: 'okx',
  COINBASE: 'coinbase',
  BYBIT: 'bybit',
};

const CHUNK_BYTES = 1 << 20;
const RAW_LINE = /^(\d{13,20}) (\{.*)$/;

/** The protocol that a recording speaks. Throws TapeheadError where it is none that can be served. */
export async function recordedProtocol(path: string): Promise<string> {
  let seen = 0;
  for await (const text of lines(path)) {
    const raw = RAW_LINE.exec(text);
    if (raw !== null) {
      if (raw[2].includes('"e":"depthUpdate"')) return raw[2].includes('"pu":') ? 'binance-usdm' : 'binance';
    } else {
      const { exchange } = parseLine(text, path);
      const name = typeof exchange === 'string' ? CAPTURE_VENUES[exchange.toUpperCase()] : undefined;
      if (name !== undefined) return name;
    }
    if (++seen === 1000) break;
  }
  throw new TapeheadError('FORMAT', `${path}: no recording of a venue that can be served (Binance, or a capture)`);
}

/**
 * In the order of receipt: a recording that is not in it (recorders that write one connection behind the other) is read whole
 * and sorted. Throws TapeheadError where a line is none of a recording.
 */
export async function* recordedEntries(path: string): AsyncGenerator<RecordedEntry> {
  if (await isInOrder(path)) {
    yield* entriesOf(path);
    return;
  }
  const all: RecordedEntry[] = [];
  for await (const entry of entriesOf(path)) all.push(entry);
  yield* all.sort((a, b) => a.timeMs - b.timeMs);
}

/** A damaged line counts as in order: whoever plays up to it says so. */
async function isInOrder(path: string): Promise<boolean> {
  let lastMs = Number.NEGATIVE_INFINITY;
  try {
    for await (const { timeMs } of entriesOf(path)) {
      if (timeMs < lastMs) return false;
      lastMs = timeMs;
    }
  } catch (error) {
    if (!(error instanceof TapeheadError)) throw error;
  }
  return true;
}

async function* entriesOf(path: string): AsyncGenerator<RecordedEntry> {
  for await (const text of lines(path)) {
    const raw = RAW_LINE.exec(text);
    const entry = raw === null ? captureEntry(parseLine(text, path)) : rawEntry(raw[1], raw[2]);
    if (entry !== null) yield entry;
  }
}

function rawEntry(timeNs: string, text: string): RecordedEntry {
  const timeMs = Number(timeNs) / 1e6;
  if (text.startsWith('{"lastUpdateId"')) return { is: 'snapshot', timeMs, symbol: '', body: text };
  return { is: 'frame', timeMs, frame: text };
}

function captureEntry(line: Record<string, unknown>): RecordedEntry | null {
  const timeMs = Number(line.ts) * 1000;
  if (line.t === 'recv') {
    if (typeof line.data === 'string') return { is: 'frame', timeMs, frame: line.data };
    return typeof line.b64 === 'string' ? { is: 'frame', timeMs, frame: Buffer.from(line.b64, 'base64') } : null;
  }
  if (line.t !== 'http' || typeof line.url !== 'string' || typeof line.data !== 'string') return null;
  const url = /\/depth\?(.*)$/.exec(line.url);
  const symbol = url === null ? null : new URLSearchParams(url[1]).get('symbol');
  return symbol === null ? null : { is: 'snapshot', timeMs, symbol, body: line.data };
}

function parseLine(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new TapeheadError('FORMAT', `${path}: not a line of a recording: ${text.slice(0, 60)}`);
}

/** Lines as text, empty ones left out. A last one without its end that was cut is left out too. */
async function* lines(path: string): AsyncGenerator<string> {
  const source: ByteSource = await openSource({ path, entry: null });
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let rest: Buffer[] = [];
    for (;;) {
      const count = await source.read(chunk, 0, CHUNK_BYTES);
      if (count === 0) break;
      let from = 0;
      for (let at = chunk.indexOf(0x0a); at >= 0 && at < count; at = chunk.indexOf(0x0a, from)) {
        rest.push(chunk.subarray(from, at));
        const text = Buffer.concat(rest).toString().trimEnd();
        rest = [];
        from = at + 1;
        if (text !== '') yield text;
      }
      if (from < count) rest.push(Buffer.from(chunk.subarray(from, count)));
    }
    const last = Buffer.concat(rest).toString().trimEnd();
    if (last !== '' && source.truncated === null) yield last;
  } finally {
    await source.close();
  }
}
