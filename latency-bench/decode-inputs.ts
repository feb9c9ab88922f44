/** What the decode benchmark reads: real recordings where they are, the repository's own, or generated ones. */
import { createWriteStream, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Prng } from '../src/core/prng.ts';
import { type InputRef, openSource, zipEntries } from '../src/feed/input/open.ts';
import type { PeerVenue } from './decode-peers.ts';
import { repositoryRoot } from './repository.ts';

export interface TextInput {
  readonly name: string;
  readonly venue: PeerVenue;
  readonly isCapture: boolean;
  readonly path: string;
}

const MARKET_DATA = '../shared/market-data';

const TEXTS: readonly (Omit<TextInput, 'path'> & { readonly file: string; readonly isSmall?: true })[] = [
  { name: 'Binance spot', venue: 'binance', isCapture: false, file: 'binance/spot_btcusdt_20240808.gz' },
  { name: 'Binance USD-M', venue: 'binance', isCapture: false, file: 'binance/usdm_btcusdt_20240718.gz' },
  { name: 'Binance capture', venue: 'binance', isCapture: true, file: 'captures/BINANCE.jsonl.zst', isSmall: true },
  { name: 'Kraken capture', venue: 'kraken', isCapture: true, file: 'captures/KRAKEN.jsonl.zst' },
  { name: 'OKX capture', venue: 'okx', isCapture: true, file: 'captures/OKX.jsonl.zst', isSmall: true },
  { name: 'Coinbase capture', venue: 'coinbase', isCapture: true, file: 'captures/COINBASE.jsonl.zst' },
  { name: 'Bitfinex capture', venue: 'bitfinex', isCapture: true, file: 'captures/BITFINEX.jsonl.zst', isSmall: true },
];

export function marketData(file: string): string | null {
  const path = join(repositoryRoot(), MARKET_DATA, file);
  return existsSync(path) ? path : null;
}

export function ownRecording(file: string): string {
  return join(repositoryRoot(), 'replay-data', file);
}

/** The recordings there are, the small ones only in a quick run, and the names of those there are not. */
export function textInputs(smoke: boolean): { inputs: TextInput[]; absent: string[] } {
  const own = ownRecording('spot-session.binance.gz');
  const inputs: TextInput[] = smoke
    ? []
    : [{ name: 'Binance spot, own session', venue: 'binance', isCapture: false, path: own }];
  const absent: string[] = [];
  for (const { file, ...rest } of smoke ? TEXTS.filter(({ isSmall }) => isSmall) : TEXTS) {
    const path = marketData(file);
    if (path === null) absent.push(rest.name);
    else inputs.push({ ...rest, path });
  }
  if (inputs.length === 0)
    inputs.push({ name: 'Binance spot, own session', venue: 'binance', isCapture: false, path: own });
  return { inputs, absent };
}

/** A recording unpacked, at most `limit` bytes of it. */
export async function bytesOf(ref: InputRef, limit = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  const source = await openSource(ref);
  const pieces: Buffer[] = [];
  let total = 0;
  try {
    for (;;) {
      const piece = Buffer.alloc(1 << 20);
      const count = await source.read(piece, 0, piece.length);
      if (count === 0 || total >= limit) break;
      pieces.push(piece.subarray(0, count));
      total += count;
    }
  } finally {
    await source.close();
  }
  return new Uint8Array(Buffer.concat(pieces));
}

export interface LobsterInput {
  readonly origin: string;
  /** Plain files in the folder. */
  readonly paths: readonly string[];
  readonly messagePath: string;
  readonly bytes: number;
}

/** LOBSTER's sample of ten levels, unpacked, or a generated message file without an orderbook file. */
export async function lobsterInput(folder: string, smoke: boolean): Promise<LobsterInput> {
  const rows = smoke ? 2_000 : 200_000;
  const zip = smoke ? null : marketData('lobster/LOBSTER_SampleFile_GOOG_2012-06-21_10.zip');
  if (zip === null) return generatedLobster(folder, rows);
  const paths: string[] = [];
  let bytes = 0;
  for (const { entry } of (await zipEntries(zip))?.entries ?? []) {
    if (!/\.csv$/i.test(entry)) continue;
    const content = await bytesOf({ path: zip, entry });
    const path = join(folder, entry.split('/').at(-1) ?? entry);
    await pipeline(Readable.from([content]), createWriteStream(path));
    paths.push(path);
    bytes += content.length;
  }
  const messagePath = paths.find((path) => /_message_/i.test(path)) ?? '';
  return { origin: 'GOOG 2012-06-21, 10 levels, message and orderbook file', paths, messagePath, bytes };
}

/** Submissions, of which half are executed and half deleted, oldest first. */
function generatedLobster(folder: string, rows: number): LobsterInput {
  const random = new Prng(7);
  const live: { id: number; size: number; price: number; side: number }[] = [];
  const lines: string[] = [];
  let seconds = 34_200;
  for (let id = 1; lines.length < rows; id++) {
    seconds += random.unit() / 10;
    const side = random.below(2) === 0 ? 1 : -1;
    const order = { id, size: 1 + random.below(500), price: 5_800_000 - side * 100 * (1 + random.below(20)), side };
    live.push(order);
    lines.push(`${seconds.toFixed(9)},1,${id},${order.size},${order.price},${side}`);
    if (live.length < 200) continue;
    const gone = live.shift();
    if (gone === undefined) continue;
    lines.push(`${seconds.toFixed(9)},${3 + random.below(2)},${gone.id},${gone.size},${gone.price},${gone.side}`);
  }
  const path = join(folder, 'GEN_2024-01-02_34200000_57600000_message_10.csv');
  const text = `${lines.join('\n')}\n`;
  writeFileSync(path, text);
  return {
    origin: `generated, ${lines.length} rows, message file only`,
    paths: [path],
    messagePath: path,
    bytes: text.length,
  };
}
