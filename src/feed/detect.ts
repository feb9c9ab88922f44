/** Finds out what a recording is, by its content: format, session midnight, and the files to open. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TapeheadError } from '../core/errors.ts';
import { type SessionBase, sessionBase, utcMidnight } from '../core/time.ts';
import type { FormatName } from './feed.ts';
import { diskBytes, type InputRef, peek, zipEntries } from './input/open.ts';
import { checkDays, type LobsterDay, type LobsterFile, pairLobsterFiles, partnerPath } from './lobster/files.ts';
import { type Content, contentOf, misfitOf, PROBE_BYTES, unknownContent } from './probe.ts';
import { newYorkMidnight } from './session-day.ts';
import { firstReceiptNs } from './text-start.ts';

export interface DetectOptions {
  /** Instead of finding out; an error where the content contradicts it. */
  readonly format?: FormatName;
  /** Day of a recording that does not say it (ITCH), YYYY-MM-DD of the exchange. */
  readonly date?: string;
}

/** Plain data: it is handed to the feed worker. */
export interface DetectedRecording {
  readonly format: FormatName;
  /** What times in events count from: see core/time.ts. */
  readonly sessionBase: SessionBase;
  /** Bytes on disk that a run goes through. */
  readonly totalBytes: number;
  /** As given. */
  readonly paths: readonly string[];
  /** LOBSTER only: days in order, their times to be moved by `offsetNs` to count from the session's midnight. */
  readonly lobster: readonly (LobsterDay & { readonly offsetNs: number })[];
}

interface Input {
  readonly ref: InputRef;
  readonly name: string;
  readonly content: Content;
}

/** Captures in a directory. */
export const CAPTURE_FILE = /\.jsonl(\.gz|\.zst)?$/;

/** A session's times are exact for 104 days. */
const MAX_SESSION_NS = 100 * 86_400e9;

export async function detectRecording(
  paths: readonly string[],
  options: DetectOptions = {},
): Promise<DetectedRecording> {
  if (paths.length === 0) throw new TapeheadError('USAGE', 'no recording is named');
  return await detectFiles(paths.flatMap(filesOf), options);
}

async function detectFiles(paths: readonly string[], options: DetectOptions): Promise<DetectedRecording> {
  const inputs: Input[] = [];
  for (const path of paths) {
    for (const ref of await refsOf(path)) inputs.push(await identify(ref, options.format));
  }
  const format = formatOf(inputs[0].content);
  for (const input of inputs) {
    if (formatOf(input.content) === format) continue;
    const other = formatOf(input.content);
    throw new TapeheadError(
      'FORMAT',
      `${inputs[0].name} is ${format}, ${input.name} is ${other}: one run takes one format`,
    );
  }
  if (options.date !== undefined && (format === 'binance' || format === 'capture')) {
    throw new TapeheadError(
      'USAGE',
      `--date is for recordings that do not hold their day: ${paths[0]} (${format}) does`,
    );
  }
  return format === 'lobster' ? await lobster(paths, inputs, options) : await others(format, paths, inputs, options);
}

/** The files that a path stands for: itself, or the capture files of a directory (`tapehead record`), in their order. */
function filesOf(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const files = readdirSync(path).filter((name) => CAPTURE_FILE.test(name));
  if (files.length > 0) return files.sort().map((name) => join(path, name));
  throw new TapeheadError(
    'NO_FILE',
    `${path} is a directory without captures (*.jsonl, *.jsonl.gz): name the recordings`,
  );
}

/** The recordings in a path: itself, or what a zip archive holds (one recording, or the CSV files of LOBSTER). */
async function refsOf(path: string): Promise<InputRef[]> {
  const listing = await zipEntries(path);
  if (listing === null || listing.entries.length < 2) return [{ path, entry: null }];
  const tables = listing.entries.filter((one) => /\.csv$/i.test(one.entry));
  return tables.length === 0 ? [{ path, entry: null }] : tables.map((one) => ({ path, entry: one.entry }));
}

async function identify(ref: InputRef, forced: FormatName | undefined): Promise<Input> {
  const name = ref.entry === null ? ref.path : `${ref.path}:${ref.entry}`;
  const head = await peek(ref, PROBE_BYTES);
  if (head.length === 0) throw new TapeheadError('EMPTY', `${name} holds nothing: there is nothing to replay`);
  const content = contentOf(head);
  if (forced === undefined) {
    if (content !== null) return { ref, name, content };
    throw new TapeheadError('FORMAT', `${name} is not a recording tapehead knows: ${unknownContent(head)}`);
  }
  if (content !== null && formatOf(content) === forced) return { ref, name, content };
  const expected = forced === 'lobster' ? 'lobster-message' : forced;
  const looks = content === null ? '' : ` (it looks like ${formatOf(content)})`;
  throw new TapeheadError('FORMAT', `${name} is not ${forced}: ${misfitOf(expected, head)}${looks}`);
}

function formatOf(content: Content): FormatName {
  return content === 'lobster-message' || content === 'lobster-orderbook' ? 'lobster' : content;
}

async function others(
  format: Exclude<FormatName, 'lobster'>,
  paths: readonly string[],
  inputs: readonly Input[],
  options: DetectOptions,
): Promise<DetectedRecording> {
  let midnight = 0n;
  if (format === 'itch50') midnight = options.date === undefined ? 0n : newYorkMidnight(options.date);
  else midnight = utcMidnight(await earliestReceipt(format, inputs));
  const totalBytes = await sizeOf(inputs.map((input) => input.ref));
  return { format, sessionBase: sessionBase(midnight), totalBytes, paths, lobster: [] };
}

/** Captures of several venues may be named in any order. */
async function earliestReceipt(format: 'binance' | 'capture', inputs: readonly Input[]): Promise<bigint> {
  let earliest = await firstReceiptNs(inputs[0].ref, format);
  if (format === 'binance') return earliest;
  for (const { ref } of inputs.slice(1)) {
    const receipt = await firstReceiptNs(ref, format);
    if (receipt < earliest) earliest = receipt;
  }
  return earliest;
}

async function lobster(
  paths: readonly string[],
  inputs: readonly Input[],
  options: DetectOptions,
): Promise<DetectedRecording> {
  const files = await withPartners(inputs);
  if (files.every((file) => file.kind === 'orderbook')) await checkZip(paths[0]);
  const days = pairLobsterFiles(files);
  checkDays(days);
  const date = dayOf(days[0], options.date);
  const midnight = date === null ? 0n : newYorkMidnight(date);
  const lobsterDays = days.map((day) => ({
    ...day,
    offsetNs: day.date === null ? 0 : Number(newYorkMidnight(day.date) - midnight),
  }));
  if (lobsterDays.some((day) => day.offsetNs > MAX_SESSION_NS)) {
    throw new TapeheadError('USAGE', 'the LOBSTER files span more than 100 days: replay them in several runs');
  }
  const refs = days.flatMap((day) => (day.orderbook === null ? [day.message] : [day.message, day.orderbook]));
  return {
    format: 'lobster',
    sessionBase: sessionBase(midnight),
    totalBytes: await sizeOf(refs),
    paths,
    lobster: lobsterDays,
  };
}

/** A zip archive that was cut may hold the orderbook file only. */
async function checkZip(path: string): Promise<void> {
  const cut = (await zipEntries(path))?.truncated ?? null;
  if (cut !== null) throw new TapeheadError('TRUNCATED', `${path}: ${cut}: no message file is left in it`);
}

function dayOf(day: LobsterDay, stated: string | undefined): string | null {
  if (day.date !== null && stated !== undefined && stated !== day.date) {
    throw new TapeheadError('USAGE', `--date ${stated} contradicts ${day.message.entry ?? day.message.path}`);
  }
  return day.date ?? stated ?? null;
}

/** A lone file of a pair takes in the other one that lies beside it. */
async function withPartners(inputs: readonly Input[]): Promise<LobsterFile[]> {
  const files: LobsterFile[] = inputs.map((input) => ({ ref: input.ref, kind: kindOf(input) }));
  const given = new Set(inputs.map((input) => input.ref.path));
  for (const input of inputs) {
    const partner = input.ref.entry === null ? partnerPath(input.ref.path) : null;
    if (partner === null || given.has(partner) || !existsSync(partner)) continue;
    const other = await identify({ path: partner, entry: null }, 'lobster');
    if (kindOf(other) !== kindOf(input)) files.push({ ref: other.ref, kind: kindOf(other) });
  }
  return files;
}

function kindOf(input: Input): 'message' | 'orderbook' {
  return input.content === 'lobster-message' ? 'message' : 'orderbook';
}

async function sizeOf(refs: readonly InputRef[]): Promise<number> {
  let total = 0;
  for (const ref of refs) total += await diskBytes(ref);
  return total;
}
