/** The answer to a request, whichever way it went. */
import type { VenueError } from './refusals.ts';

export type Answer =
  | { readonly ok: true; readonly result: unknown }
  /** `wasSent` false: not a byte of it left, so it was not done. */
  | { readonly ok: false; readonly error: VenueError; readonly wasSent: boolean; readonly data?: unknown };

/** Nothing came back. */
export function lost(text: string, wasSent: boolean): Answer {
  return { ok: false, error: { status: 0, code: 0, text, retryAtMs: 0 }, wasSent };
}
