/**
 * The entries of a zip archive. The directory at the end is read by yauzl; an archive that was cut has none, so the
 * local headers in front of the entries are followed instead, as far as they go.
 */
import yauzl from 'yauzl';
import { messageOf, TapeheadError } from '../../core/errors.ts';
import type { PackedRange } from './inflate.ts';
import type { RawFile } from './source.ts';

const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const DESCRIPTOR_SIGNATURE = Buffer.from('PK\x07\x08', 'latin1');
/** Signature, CRC-32, compressed and unpacked size. */
const DESCRIPTOR_BYTES = 16;
const SEARCH_BYTES = 1 << 20;
const FLAG_ENCRYPTED = 1;
const FLAG_SIZES_FOLLOW = 8;
const METHOD_STORED = 0;
const METHOD_DEFLATE = 8;
const ZIP64_EXTRA = 1;

export interface ZipEntry extends PackedRange {
  /** Path inside the archive. */
  readonly entry: string;
}

export interface ZipListing {
  readonly entries: readonly ZipEntry[];
  /** Null, or what is missing of an archive that was cut. */
  readonly truncated: string | null;
}

export function isZip(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const magic = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
  return magic === LOCAL_HEADER || magic === END_OF_DIRECTORY;
}

/** Files in the archive, without directories and the side files of archivers. */
export async function listZip(file: RawFile): Promise<ZipListing> {
  try {
    return { entries: await listByDirectory(file), truncated: null };
  } catch (error) {
    if (error instanceof TapeheadError) throw error;
    const listing = await listByLocalHeaders(file);
    if (listing !== null) return listing;
    throw new TapeheadError('CORRUPT', `${file.path}: damaged zip archive: ${messageOf(error)}`);
  }
}

async function listByDirectory(file: RawFile): Promise<ZipEntry[]> {
  const archive = await yauzl.openPromise(file.path, { autoClose: false });
  try {
    const entries: ZipEntry[] = [];
    for await (const entry of archive.eachEntry()) {
      if (isSideFile(entry.fileName)) continue;
      const { fileDataStart } = await archive.readLocalFileHeaderPromise(entry, { minimal: true });
      const flags = entry.generalPurposeBitFlag;
      entries.push(
        toEntry(file, entry.fileName, flags, entry.compressionMethod, fileDataStart, entry.compressedSize, entry.crc32),
      );
    }
    return entries;
  } finally {
    archive.close();
  }
}

function isSideFile(name: string): boolean {
  return name.endsWith('/') || name.startsWith('__MACOSX/');
}

function toEntry(
  file: RawFile,
  entry: string,
  flags: number,
  method: number,
  start: number,
  size: number,
  crc: number | null,
): ZipEntry {
  const name = `${file.path}:${entry}`;
  if ((flags & FLAG_ENCRYPTED) !== 0) throw new TapeheadError('FORMAT', `${name} is encrypted: unpack it first`);
  if (method !== METHOD_STORED && method !== METHOD_DEFLATE) {
    throw new TapeheadError('FORMAT', `${name} is packed by zip method ${method}: unpack it first`);
  }
  return { entry, name, method: method === METHOD_STORED ? 'stored' : 'deflate', start, end: start + size, crc };
}

/** Null where the chain of local headers breaks before the directory or the end of the file. */
async function listByLocalHeaders(file: RawFile): Promise<ZipListing | null> {
  const header = new Uint8Array(LOCAL_HEADER_BYTES + 2 * 0xffff);
  const view = new DataView(header.buffer);
  const entries: ZipEntry[] = [];
  const cut = { entries, truncated: `the zip archive is cut at byte ${file.size}` };
  let position = 0;
  while (position < file.size) {
    const count = file.read(header, 0, header.length, position);
    if (count < 4) return cut;
    const signature = view.getUint32(0, true);
    if (signature === CENTRAL_HEADER) {
      return { entries, truncated: `the directory of the zip archive at byte ${position} is cut or damaged` };
    }
    if (signature !== LOCAL_HEADER) return null;
    if (count < LOCAL_HEADER_BYTES) return cut;
    const flags = view.getUint16(6, true);
    const nameLength = view.getUint16(26, true);
    const extraAt = LOCAL_HEADER_BYTES + nameLength;
    const dataAt = extraAt + view.getUint16(28, true);
    if (count < dataAt) return cut;
    const name = new TextDecoder().decode(header.subarray(LOCAL_HEADER_BYTES, extraAt));
    const method = view.getUint16(8, true);
    const start = position + dataAt;
    if ((flags & FLAG_SIZES_FOLLOW) === 0) {
      const size = localSize(view, extraAt, dataAt);
      if (!isSideFile(name)) entries.push(toEntry(file, name, flags, method, start, size, view.getUint32(14, true)));
      position = start + size;
    } else {
      const found = await findDescriptor(file, start);
      const size = (found?.at ?? file.size) - start;
      if (!isSideFile(name)) entries.push(toEntry(file, name, flags, method, start, size, found?.crc ?? null));
      position = found === null ? file.size : found.at + DESCRIPTOR_BYTES;
    }
  }
  return cut;
}

/**
 * An archive written to a pipe states sizes behind the data (APPNOTE 4.3.9). The descriptor is found by its signature
 * and by the size in it, which must be its distance from the data's start. Null where the cut came before it.
 */
async function findDescriptor(file: RawFile, start: number): Promise<{ at: number; crc: number } | null> {
  const window = Buffer.alloc(SEARCH_BYTES + DESCRIPTOR_BYTES);
  for (let position = start; position < file.size; position += SEARCH_BYTES) {
    const count = file.read(window, 0, window.length, position);
    const bytes = window.subarray(0, count);
    for (let at = bytes.indexOf(DESCRIPTOR_SIGNATURE); at >= 0; at = bytes.indexOf(DESCRIPTOR_SIGNATURE, at + 1)) {
      if (at >= SEARCH_BYTES || at + DESCRIPTOR_BYTES > count) break;
      if (bytes.readUInt32LE(at + 8) === (position + at - start) % 2 ** 32) {
        return { at: position + at, crc: bytes.readUInt32LE(at + 4) };
      }
    }
  }
  return null;
}

/** The compressed size, from the zip64 extra field where it does not fit 32 bits (APPNOTE 4.5.3). */
function localSize(view: DataView, extraAt: number, extraEnd: number): number {
  const size = view.getUint32(18, true);
  if (size !== 0xffffffff) return size;
  for (let at = extraAt; at + 4 <= extraEnd; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) === ZIP64_EXTRA && at + 20 <= extraEnd) {
      return view.getUint32(at + 12, true) + view.getUint32(at + 16, true) * 2 ** 32;
    }
  }
  return size;
}
