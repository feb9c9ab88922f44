/** What one tick has for one client: kept until the tick's end, then sent in one write. A write costs far more than a frame. */
import type { Peer } from '../net/server.ts';

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
