/** What a live ITCH feed is told: plain data, which crosses threads as it is. */
import type { SessionBase } from '../../../core/time.ts';
import type { ArbiterRules } from './arbiter.ts';
import type { RecordOptions } from './recorder.ts';
import type { UdpLibrary } from './udp-sockets.ts';

export interface ItchUdpOptions {
  readonly via: 'udp';
  /** First line: `host:port`, or `group:port@interface`. */
  readonly a: string;
  /** Second line, with the same packets. */
  readonly b?: string;
  /** Servers that send messages again, `host:port` each; asked in turn. */
  readonly retransmit?: readonly string[];
  /** Instead of the best there is. */
  readonly library?: UdpLibrary;
  /** Where they differ from ARBITER_RULES. */
  readonly rules?: Partial<ArbiterRules>;
  /**
   * How the thread waits for datagrams. 'park': looks for some 50 µs, then sleeps until one comes (koffi only; dgram always
   * does). 'spin': never sleeps: for a thread with a core of its own.
   */
  readonly wait?: 'park' | 'spin';
  /** Longest sleep; 0: the event loop has a turn instead, for a thread that has other things to do. */
  readonly parkMs?: number;
}

export interface ItchSoupOptions {
  readonly via: 'soup';
  readonly host: string;
  readonly port: number;
  /** At most 6 and 10 characters. The password comes from the environment or a file with owner-only rights; it is never printed. */
  readonly user: string;
  readonly password: string;
}

export interface ItchLiveOptions {
  readonly line: ItchUdpOptions | ItchSoupOptions;
  /** Name of the venue's session; '' takes the one under way. */
  readonly session: string;
  /** Only the events of these instruments; null: all. */
  readonly symbols: readonly string[] | null;
  /** The session's midnight: `itchSessionBase`. */
  readonly sessionBase: SessionBase;
  readonly record: RecordOptions | null;
}
