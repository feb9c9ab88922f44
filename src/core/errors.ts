/**
 * Failures of the environment or of the user's input. Each has a stable `code` and a message of one line that says
 * what is wrong, where, and what to do. Thrown only at the edges (files, arguments, sockets), never on the hot path.
 */
export type ErrorCode =
  | 'USAGE' // the command line or configuration is wrong
  | 'NO_FILE' // a named file or directory is missing or unreadable
  | 'EMPTY' // a file without a single message
  | 'FORMAT' // not the format it is said, or was detected, to be
  | 'CORRUPT' // right format, damaged content: the run can't be trusted
  | 'TRUNCATED' // ends inside a message: everything before it was used
  | 'UNKNOWN_SYMBOL'
  | 'NETWORK' // a venue can't be reached, or refuses us
  | 'LOG_EXISTS'
  | 'LOG_DAMAGED'
  | 'LOG_IO'
  | 'DIVERGED'
  | 'OUT_OF_MEMORY';

export class TapeheadError extends Error {
  override readonly name = 'TapeheadError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The text of an unknown thrown value, on one line. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ');
}
