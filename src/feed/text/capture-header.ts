/** Lines of a live session's capture that are read as a whole, because they are few: its header, and terms. */
import type { DeclaredVenue } from './capture-session.ts';

/** What the header of a live session's capture says. Every file of the session begins with it. */
export interface LiveHeader {
  /** The same in every file of a session, and in no other. */
  readonly session: string;
  readonly venues: readonly DeclaredVenue[];
}

/** Null where the line is the header of another recorder. */
export function parseHeader(bytes: Uint8Array, from: number, to: number): LiveHeader | null {
  const { session, venues } = fieldsOf(bytes, from, to);
  if (typeof session !== 'string' || session === '' || !Array.isArray(venues)) return null;
  const declared: DeclaredVenue[] = [];
  for (const one of venues) {
    if (typeof one !== 'object' || one === null) return null;
    const { venue, prefix, symbols } = one as Record<string, unknown>;
    if (typeof venue !== 'string' || typeof prefix !== 'string' || !areNames(symbols)) return null;
    declared.push({ venue, prefix, symbols });
  }
  return declared.length === 0 ? null : { session, venues: declared };
}

function areNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** The line's fields; none where it is no JSON object. */
export function fieldsOf(bytes: Uint8Array, from: number, to: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.subarray(from, to)).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
