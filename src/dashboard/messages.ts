/** What the dashboard's thread and the one that started it say to each other. */
import type { Command } from '../config/commands.ts';
import type { LimitUseRow } from './model/gauges.ts';
import type { StageStart } from './stage.ts';
import type { Tokens } from './tokens.ts';

export interface DashboardWorkerData {
  readonly start: StageStart;
  /** Whether the engine's core is left to the engine. */
  readonly keepsOffEngine: boolean;
  /** One int32: 1 when nothing is listening any more and no socket is open; waited for by a process that ends. */
  readonly closed: SharedArrayBuffer;
}

/** Where it is served. */
export interface Opened {
  readonly url: string;
  /** Those that were made up, to be printed; null where they are configured. */
  readonly madeUp: Tokens | null;
  readonly library: string;
  /** Why it is not uWebSockets.js; ''. */
  readonly remark: string;
}

export interface StageFailure {
  /** An ErrorCode, or BUG. */
  readonly code: string;
  readonly message: string;
  readonly stack: string | undefined;
}

export type FromDashboard =
  /** `cores`: which the thread may use, a phrase; '' where nothing is pinned. */
  | { readonly type: 'opened'; readonly opened: Opened; readonly cores: string }
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'limits' }
  | { readonly type: 'failed'; readonly failure: StageFailure };

export type ToDashboard =
  | { readonly type: 'begin'; readonly loggedRecords: number }
  | { readonly type: 'limits'; readonly uses: readonly LimitUseRow[] }
  | { readonly type: 'end' };
