/**
 * Whether what the page shows can be trusted, and why not. Judged by this machine's own passing of time only: no clock of another
 * machine is compared with.
 */
import type { FeedRow, StatePayload } from '../protocol.ts';

export type Standing = 'connecting' | 'open' | 'waiting' | 'refused';
export type Level = 'ok' | 'ended' | 'stale' | 'lost';

export interface Health {
  readonly level: Level;
  readonly text: string;
}

/** A feed, or a server, that says nothing for so long is stale: an answer to each Ping is due within a tenth of that. */
export const STALE_MS = 1_500;

export interface HealthInput {
  readonly standing: Standing;
  /** Of the connection: why it is not open, when it is tried again. */
  readonly standingText: string;
  /** Since the last frame of the server. */
  readonly frameAgeMs: number;
  readonly mode: string;
  readonly state: StatePayload | null;
  /** The row of all instruments together, and how long ago it came. */
  readonly feed: FeedRow | null;
  readonly feedRowAgeMs: number;
}

const OK: Health = { level: 'ok', text: '' };

export function healthOf(input: HealthInput): Health {
  const { standing, standingText, frameAgeMs, mode, state, feed, feedRowAgeMs } = input;
  if (standing !== 'open') {
    return { level: 'lost', text: `Not connected: ${standingText}. The numbers below are the last ones known.` };
  }
  if (frameAgeMs > STALE_MS) {
    return {
      level: 'stale',
      text: `The server has said nothing for ${seconds(frameAgeMs)}. The numbers below are old.`,
    };
  }
  if (state === null || mode === 'log') return OK;
  if (state.ended !== '')
    return { level: 'ended', text: `The run has ended: ${state.ended}. Nothing below moves any more.` };
  if (feed === null) return OK;
  const silentMs = feed[4] + (feed[4] > 0 ? feedRowAgeMs : 0);
  if (feed[2] > 0 && silentMs > STALE_MS) {
    return { level: 'stale', text: `No market data for ${seconds(silentMs)}: prices below are old.` };
  }
  if (feed[1] === 'stale') return { level: 'stale', text: 'Every book is stale: no price below can be relied on.' };
  return OK;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
