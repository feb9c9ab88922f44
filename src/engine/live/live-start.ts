/** How a live run is executed: what changes nothing of what its log means. */
import type { SessionBase } from '../../core/time.ts';
import type { Feed } from '../../feed/feed.ts';
import type { SpscShared } from '../../ring/spsc.ts';

/** What a live feed is made from, in plain data; its times count from `sessionBase`. */
export interface LiveFeedSource {
  readonly sessionBase: SessionBase;
}

/** What a module that makes live feeds exports. */
export interface LiveFeedModule {
  openLiveFeed(source: LiveFeedSource, handlers: { say?(text: string): void }): Feed;
}

/** A gateway's thread: one for each venue that orders go to, in the order of the run's identity. */
export interface GatewayStart {
  /** Entry of the thread (its address). It is given `data`, with `orders`, `messages` (its rings) and `telemetry`. */
  readonly module: string;
  /** Plain data: addresses, keys. Never logged. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface LiveExecution {
  /** Address of the module that makes the feed (LiveFeedModule). */
  readonly feedModule: string;
  readonly gateways: readonly GatewayStart[];
  /** How long the end of the run waits for the answers to its cancels. Default: DEFAULT_CANCEL_WAIT_MS. */
  readonly cancelWaitMs?: number;
}

export const DEFAULT_CANCEL_WAIT_MS = 5000;

/** Slots of the rings to and from a gateway: 4,096 commands, 2,048 messages. */
export const ORDER_RING_SLOTS = 1 << 12;
export const MESSAGE_RING_SLOTS = 1 << 13;

/** What a live run's threads are started with, beside what all runs' are. */
export interface LiveWorkerStart {
  readonly source: LiveFeedSource;
  readonly feedModule: string;
  /** Session ns when the machine's monotonic clock stood at 0. */
  readonly clockOriginNs: number;
  readonly cancelWaitNs: number;
  readonly venues: readonly { readonly orders: SpscShared; readonly messages: SpscShared }[];
  /** Records of the log that the run goes on with; 0: it is new. */
  readonly loggedRecords: number;
}
