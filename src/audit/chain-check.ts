/**
 * Checks the hash chain of a log on a second thread, while the first one checks its records: SHA-256 is half of verify's
 * work, and each block's hash needs of the block before only the hash that is stored there.
 */
import { Worker } from 'node:worker_threads';
import { BLOCK_HEADER_BYTES } from '../core/limits.ts';
import { BlockSource, type SegmentFile } from './block-source.ts';
import { BlockWord, CHAIN_BYTES, chainHash, type LogGeometry } from './layout.ts';
import { type LogFs, nodeFs } from './log-fs.ts';

/** The first block whose stored chain hash is not that of its content, or -1. Blocks cut short count as wrong. */
export function findBrokenChain(
  logFs: LogFs,
  directory: string,
  geometry: LogGeometry,
  segments: readonly SegmentFile[],
): number {
  const source = new BlockSource(logFs, directory, geometry, segments);
  const previous = new Uint8Array(CHAIN_BYTES);
  try {
    while (source.next()) {
      const { bytes, u32, start, available, block } = source;
      const used = u32[(start >> 2) + BlockWord.Used];
      if (available < BLOCK_HEADER_BYTES || BLOCK_HEADER_BYTES + used > available) return block;
      const chain = chainHash(previous, bytes, start, used);
      for (let i = 0; i < CHAIN_BYTES; i++) {
        if (chain[i] !== bytes[start + BlockWord.Chain * 4 + i]) return block;
      }
      previous.set(chain);
    }
    return -1;
  } finally {
    source.close();
  }
}

export interface ChainWorkerData {
  readonly directory: string;
  readonly geometry: LogGeometry;
  readonly segments: readonly SegmentFile[];
  readonly shared: SharedArrayBuffer;
}

export const ChainStatus = { Waiting: 0, Running: 1, Done: 2, Failed: 3 } as const;

/** A thread that did not even start after the caller's own work was done is not waited for any longer than this. */
const START_TIMEOUT_MS = 2_000;

export class ChainThread {
  private readonly data: ChainWorkerData;
  private readonly worker: Worker;
  private readonly status: Int32Array;
  private readonly result: Float64Array;

  constructor(directory: string, geometry: LogGeometry, segments: readonly SegmentFile[]) {
    this.data = { directory, geometry, segments, shared: new SharedArrayBuffer(16) };
    this.status = new Int32Array(this.data.shared, 0, 1);
    this.result = new Float64Array(this.data.shared, 8, 1);
    this.worker = new Worker(new URL('./chain-worker.js', import.meta.url), { workerData: this.data });
    this.worker.on('error', () => undefined); // join() sees it, and does the work itself
    this.worker.unref();
  }

  /** Waits for the thread; `findBrokenChain`'s answer. */
  join(): number {
    Atomics.wait(this.status, 0, ChainStatus.Waiting, START_TIMEOUT_MS);
    Atomics.wait(this.status, 0, ChainStatus.Running);
    if (Atomics.load(this.status, 0) === ChainStatus.Done) return this.result[0];
    this.stop();
    return findBrokenChain(nodeFs, this.data.directory, this.data.geometry, this.data.segments);
  }

  /** Its answer is not needed. */
  stop(): void {
    void this.worker.terminate();
  }
}
