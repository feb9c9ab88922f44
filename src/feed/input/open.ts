/** Opens a recording by what its first bytes say it is: plain, gzip, zstd, or one entry of a zip archive. */
import { TapeheadError } from '../../core/errors.ts';
import { InflateSource } from './inflate.ts';
import { type ByteSource, PlainSource, RawFile, type UnpackingSource } from './source.ts';
import { isZip, listZip, type ZipEntry, type ZipListing } from './zip.ts';
import { isZstd, ZstdSource } from './zstd/source.ts';

/** One recording: a file, or one entry of a zip archive (null: its only entry). */
export interface InputRef {
  readonly path: string;
  readonly entry: string | null;
}

export async function openSource(ref: InputRef): Promise<ByteSource> {
  const file = await RawFile.open(ref.path);
  try {
    const head = await headOf(file);
    if (isZip(head)) return await openEntry(file, ref.entry);
    if (isGzip(head)) {
      return new InflateSource(file, { name: file.path, method: 'gzip', start: 0, end: file.size, crc: null });
    }
    return isZstd(head) ? new ZstdSource(file) : new PlainSource(file);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The first unpacked bytes of a recording: at most `limit`, fewer only where it is shorter. */
export async function peek(ref: InputRef, limit: number): Promise<Uint8Array> {
  const source = await openSource(ref);
  try {
    const bytes = new Uint8Array(limit);
    return bytes.subarray(0, await source.read(bytes, 0, limit));
  } finally {
    await source.close();
  }
}

/** The files in a zip archive; null when it is not one. */
export async function zipEntries(path: string): Promise<ZipListing | null> {
  const file = await RawFile.open(path);
  try {
    return isZip(await headOf(file)) ? await listZip(file) : null;
  } finally {
    await file.close();
  }
}

/** Bytes on disk that reading `ref` goes through, for progress. */
export async function diskBytes(ref: InputRef): Promise<number> {
  const file = await RawFile.open(ref.path);
  try {
    if (!isZip(await headOf(file))) return file.size;
    const entry = pickEntry(file.path, await listZip(file), ref.entry);
    return Math.min(entry.end, file.size) - entry.start;
  } finally {
    await file.close();
  }
}

async function headOf(file: RawFile): Promise<Uint8Array> {
  const head = new Uint8Array(4);
  return head.subarray(0, file.read(head, 0, 4, 0));
}

function isGzip(head: Uint8Array): boolean {
  return head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;
}

async function openEntry(file: RawFile, wanted: string | null): Promise<UnpackingSource> {
  const listing = await listZip(file);
  return new InflateSource(file, pickEntry(file.path, listing, wanted));
}

function pickEntry(path: string, listing: ZipListing, wanted: string | null): ZipEntry {
  const { entries } = listing;
  if (wanted !== null) {
    const entry = entries.find((one) => one.entry === wanted);
    if (entry !== undefined) return entry;
    throw new TapeheadError('NO_FILE', `${path} holds no ${wanted}${listing.truncated === null ? '' : ': it was cut'}`);
  }
  if (entries.length === 1) return entries[0];
  if (entries.length === 0) {
    if (listing.truncated !== null)
      throw new TapeheadError('TRUNCATED', `${path}: ${listing.truncated}: no file in it`);
    throw new TapeheadError('EMPTY', `${path} is an empty zip archive: there is nothing to replay`);
  }
  const names = entries.slice(0, 4).map((one) => one.entry);
  const more = entries.length > names.length ? ', ...' : '';
  throw new TapeheadError(
    'FORMAT',
    `${path} holds ${entries.length} files (${names.join(', ')}${more}): unpack it and name one`,
  );
}
