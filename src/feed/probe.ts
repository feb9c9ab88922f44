/**
 * Tells the formats apart by their first bytes. A probe says null where the content fits, else what is wrong and where,
 * for the error of a `--format` that the content contradicts.
 */
import { ITCH_LENGTHS, itchMisfit } from './itch/layout.ts';

/** Unpacked bytes looked at. */
export const PROBE_BYTES = 1 << 16;

export type Content = 'itch50' | 'binance' | 'capture' | 'lobster-message' | 'lobster-orderbook';

/** Messages that must fit in a row (or all there are). */
const ITCH_MESSAGES = 2;
const BINANCE_LINE = /^(?:\d{13}|\d{16}|\d{19}) +\{/;
const CAPTURE_KINDS = 'header|recv|send|http|connect|disconnect|close|closed';
/** A line of a capture, which may go on behind the bytes looked at. */
const CAPTURE_LINE = new RegExp(`^\\{\\s*"t"\\s*:\\s*"(?:${CAPTURE_KINDS})"`);
const CAPTURE_KIND = new RegExp(`^(?:${CAPTURE_KINDS})$`);
const LOBSTER_MESSAGE = /^\d{1,6}(?:\.\d+)?,\d,\d+,\d+,-?\d+,-?[01]$/;
const LOBSTER_ORDERBOOK = /^-?\d+,\d+,-?\d+,\d+(?:,-?\d+,\d+,-?\d+,\d+)*$/;

const PROBES: readonly (readonly [Content, (head: Uint8Array) => string | null])[] = [
  ['itch50', probeItch],
  ['binance', probeBinance],
  ['capture', probeCapture],
  ['lobster-message', (head) => probeLine(head, LOBSTER_MESSAGE, 'time,type,order,size,price,direction')],
  ['lobster-orderbook', (head) => probeLine(head, LOBSTER_ORDERBOOK, 'ask price,ask size,bid price,bid size,...')],
];

/** What a recording that begins with `head` holds, or null. */
export function contentOf(head: Uint8Array): Content | null {
  return PROBES.find(([, probe]) => probe(head) === null)?.[0] ?? null;
}

/** Null where `head` fits, else what is wrong with it and where. */
export function misfitOf(content: Content, head: Uint8Array): string | null {
  const probe = PROBES.find(([name]) => name === content);
  return probe === undefined ? null : probe[1](head);
}

function probeItch(head: Uint8Array): string | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let at = 0;
  for (let i = 0; i < ITCH_MESSAGES && at < head.length; i++) {
    if (head.length - at < 3) return i > 0 ? null : 'it is shorter than any message';
    const length = view.getUint16(at);
    const type = head[at + 2];
    if (i > 0 && length === 0) return null;
    if (length === 0 || ITCH_LENGTHS[type] !== length) return `byte ${at}: ${itchMisfit(length, type)}`;
    at += 2 + length;
  }
  return null;
}

function probeBinance(head: Uint8Array): string | null {
  const line = firstLine(head);
  if (BINANCE_LINE.test(line)) return null;
  return `line 1 does not begin with a receive time (19, 16 or 13 digits), a space and a JSON object: ${shown(line)}`;
}

function probeCapture(head: Uint8Array): string | null {
  const line = firstLine(head);
  if (CAPTURE_LINE.test(line) || isCaptureLine(line)) return null;
  return `line 1 is not a JSON object with "t", the kind of line (header, connect, recv, ...): ${shown(line)}`;
}

/** With its keys in any order. */
function isCaptureLine(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || !('t' in value)) return false;
    return typeof value.t === 'string' && CAPTURE_KIND.test(value.t);
  } catch {
    return false;
  }
}

function probeLine(head: Uint8Array, pattern: RegExp, columns: string): string | null {
  const line = firstLine(head);
  return pattern.test(line) ? null : `line 1 is not ${columns}: ${shown(line)}`;
}

/** The first line that is not empty, without its end. */
function firstLine(head: Uint8Array): string {
  let from = 0;
  while (from < head.length && (head[from] === 0x0a || head[from] === 0x0d)) from++;
  const newline = head.indexOf(0x0a, from);
  const text = Buffer.from(head.subarray(from, newline < 0 ? head.length : newline)).toString('latin1');
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

function shown(line: string): string {
  return JSON.stringify(line.length > 60 ? `${line.slice(0, 57)}...` : line);
}

/** Files people have that need a step first. */
const OTHER_FILES: readonly (readonly [string, string])[] = [
  ['7z\xbc\xaf', 'a 7z archive: unpack it first'],
  ['BZh', 'a bzip2 file: unpack it first'],
  ['\xfd7zXZ', 'an xz file: unpack it first'],
  ['Rar!', 'a RAR archive: unpack it first'],
  ['PAR1', 'a Parquet file, not a raw recording'],
  ['DBN', 'a Databento DBN file, not a raw exchange recording'],
  ['\xd4\xc3\xb2\xa1', 'a packet capture: extract its messages first'],
  ['\n\r\r\n', 'a packet capture: extract its messages first'],
];

/** What a recording of no known format seems to be, and what to do. */
export function unknownContent(head: Uint8Array): string {
  const start = Buffer.from(head.subarray(0, 16)).toString('latin1');
  const known = OTHER_FILES.find(([magic]) => start.startsWith(magic));
  if (known !== undefined) return known[1];
  const isText = /^[\t\r\n -~]+$/.test(start);
  const bytes = isText
    ? JSON.stringify(start)
    : Buffer.from(head.subarray(0, 8)).toString('hex').replace(/../g, '$& ').trim();
  return `its first bytes are ${bytes}: if it is one all the same, say --format itch50, lobster, binance or capture`;
}
