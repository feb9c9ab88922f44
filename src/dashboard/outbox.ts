/**
 * What one tick has for one client: sent in one write at the tick's end. A write costs far more than a frame; of WRITE_BYTES it
 * is worth its while, and what a client that reads everything has not been given yet must not look like what it does not read.
 */
import type { Peer } from '../net/server.ts';

/** Far below what a client may have waiting (subscriptions.ts). */
const WRITE_BYTES = 16 << 10;

export class Outbox {
  private readonly peer: Pick<Peer<unknown>, 'isOpen' | 'sendAll' | 'backlogBytes'>;
  private frames: Uint8Array[] = [];
  private bytes = 0;

  constructor(peer: Pick<Peer<unknown>, 'isOpen' | 'sendAll' | 'backlogBytes'>) {
    this.peer = peer;
  }

  get isEmpty(): boolean {
    return this.frames.length === 0;
  }

  /** The frame is the outbox's from now on. False: nobody is there to get it. */
  add(frame: Uint8Array): boolean {
    if (!this.peer.isOpen) return false;
    this.frames.push(frame);
    this.bytes += frame.length;
    if (this.bytes >= WRITE_BYTES) this.flush();
    return true;
  }

  /** Bytes that wait: here, and in the server. */
  backlogBytes(): number {
    return this.bytes + this.peer.backlogBytes();
  }

  flush(): void {
    const { frames } = this;
    if (frames.length === 0) return;
    this.frames = [];
    this.bytes = 0;
    this.peer.sendAll(frames, true);
  }
}
