/** A GroupDisk that does its job on this thread, some time later: a step each time somebody looks. */

import { DiskFailure, type DiskJob, type GroupDisk } from '../../src/audit/disk-thread.ts';
import { writeFully } from '../../src/audit/log-fs.ts';
import { messageOf } from '../../src/core/errors.ts';
import type { Prng } from '../../src/core/prng.ts';
import type { MemoryFs } from './memory-fs.ts';

export class DeferredDisk implements GroupDisk {
  /** Jobs begun, of all disks. */
  static jobs = 0;
  private readonly memory: MemoryFs;
  private readonly bytes: Uint8Array;
  private readonly schedule: Prng;
  private job: DiskJob | null = null;
  private isWritten = false;
  private isSynced = false;
  private failure: DiskFailure | null = null;

  constructor(memory: MemoryFs, blocks: SharedArrayBuffer, schedule: Prng) {
    this.memory = memory;
    this.bytes = new Uint8Array(blocks);
    this.schedule = schedule;
  }

  isReady(): boolean {
    return this.job === null && this.schedule.below(8) > 0;
  }

  begin(job: DiskJob): void {
    DeferredDisk.jobs++;
    this.job = job;
    this.isWritten = false;
    this.isSynced = !job.sync;
  }

  isDone(): boolean {
    if (this.schedule.below(3) === 0) this.step();
    return this.isThrough();
  }

  wait(): void {
    this.step();
  }

  finish(): void {
    while (!this.isThrough()) this.step();
    this.job = null;
    if (this.failure !== null) throw this.failure;
  }

  close(): void {
    while (this.job !== null && !this.isThrough()) this.step();
  }

  private isThrough(): boolean {
    return this.failure !== null || (this.isWritten && this.isSynced);
  }

  private step(): void {
    const { job, memory } = this;
    if (job === null || this.isThrough()) return;
    try {
      if (!this.isWritten) writeFully(memory, job.fd, this.bytes, job.offset, job.length, job.position);
      else memory.datasync(job.fd);
    } catch (error) {
      this.failure = new DiskFailure(this.isWritten ? 'sync' : 'write', messageOf(error));
    }
    if (this.isWritten) this.isSynced = true;
    this.isWritten = true;
  }
}
