/**
 * Writes the messages of a live session as ITCH files that `tapehead replay` reads: each message behind its length, in
 * blocks that are gzip members of their own, so that a file cut by a crash is whole up to its last block. A file ends
 * when it is large enough, and where messages were lost: its name has the number of its first message, so that a hole shows.
 *
 * Blocks are packed by zlib's threads and written in order; the feed only copies. When too much is waiting for the disk
 * the feed waits for it.
 */
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { messageOf, TapeheadError } from '../../../core/errors.ts';

const pack = promisify(gzip);

const BLOCK_BYTES = 1 << 20;
const MAX_WAITING_BYTES = 64 << 20;
const DEFAULT_FILE_BYTES = 1 << 30;
/** Fast: a feed of 100 MB/s is not unheard of. */
const LEVEL = 1;
const NUMBER_DIGITS = 12;

export interface RecordOptions {
  /** Made if it is not there. */
  readonly directory: string;
  /** Files are `<name>.<number of the first message>.itch50.gz`. */
  readonly name: string;
  /** Unpacked, after which the next one begins. */
  readonly fileBytes?: number;
}

export class ItchRecorder {
  /** In the order in which they are to be replayed. */
  readonly files: string[] = [];
  messages = 0;
  private readonly options: RecordOptions;
  private readonly fileBytes: number;
  private block = new Uint8Array(BLOCK_BYTES);
  private used = 0;
  private waitingBytes = 0;
  private fileUsed = 0;
  private file: WriteStream | null = null;
  /** Everything that is to be written, in order. */
  private chain: Promise<void> = Promise.resolve();
  private failure: unknown = null;

  constructor(options: RecordOptions) {
    this.options = options;
    this.fileBytes = options.fileBytes ?? DEFAULT_FILE_BYTES;
    try {
      mkdirSync(options.directory, { recursive: true });
    } catch (error) {
      throw new TapeheadError('LOG_IO', `${options.directory} can't be recorded to: ${messageOf(error)}`);
    }
  }

  /** Too much is waiting for the disk: `settled` is to be awaited before more is added. */
  get isFull(): boolean {
    return this.waitingBytes > MAX_WAITING_BYTES;
  }

  /** `count` whole messages, the first of them number `sequence`. Throws TapeheadError when the disk has failed. */
  add(bytes: Uint8Array, from: number, to: number, count: number, sequence: number): void {
    if (this.failure !== null) throw this.failed();
    if (this.file === null || this.fileUsed >= this.fileBytes) this.begin(sequence);
    this.messages += count;
    this.fileUsed += to - from;
    for (let at = from; at < to; ) {
      const some = Math.min(to - at, BLOCK_BYTES - this.used);
      this.block.set(bytes.subarray(at, at + some), this.used);
      this.used += some;
      at += some;
      if (this.used === BLOCK_BYTES) this.flush();
    }
  }

  /** What comes next does not follow what was added: it gets a file of its own. */
  hole(): void {
    this.endFile();
  }

  /** Hands what was gathered to the disk; for once a second, and at the end. */
  flush(): void {
    const { file, block, used } = this;
    if (used === 0 || file === null) return;
    this.block = new Uint8Array(BLOCK_BYTES);
    this.used = 0;
    this.waitingBytes += used;
    const packed = pack(block.subarray(0, used), { level: LEVEL });
    this.enqueue(async () => {
      await write(file, await packed);
      this.waitingBytes -= used;
    });
  }

  /** Everything added so far is with the system. */
  settled(): Promise<void> {
    return this.chain;
  }

  async close(): Promise<void> {
    this.endFile();
    await this.chain;
    if (this.failure !== null) throw this.failed();
  }

  private begin(sequence: number): void {
    this.endFile();
    const name = `${this.options.name}.${String(sequence).padStart(NUMBER_DIGITS, '0')}.itch50.gz`;
    const path = join(this.options.directory, name);
    const file = createWriteStream(path, { flags: 'wx' });
    file.on('error', (error) => {
      this.failure ??= error;
    });
    this.files.push(path);
    this.file = file;
    this.fileUsed = 0;
  }

  private endFile(): void {
    this.flush();
    const { file } = this;
    this.file = null;
    if (file !== null) this.enqueue(() => end(file));
  }

  private enqueue(step: () => Promise<void>): void {
    this.chain = this.chain.then(step).catch((error: unknown) => {
      this.failure ??= error;
    });
  }

  private failed(): TapeheadError {
    const { directory } = this.options;
    return new TapeheadError('LOG_IO', `the recording in ${directory} can't be written: ${messageOf(this.failure)}`);
  }
}

function write(file: WriteStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    file.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

function end(file: WriteStream): Promise<void> {
  return new Promise((resolve, reject) => {
    file.once('error', reject);
    file.end(() => resolve());
  });
}
