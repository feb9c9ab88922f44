/**
 * Commands: what somebody outside may ask of a running engine. The same words in a configuration (with `at`, a time of
 * the session), from a dashboard or a terminal; journalled as canonical JSON with who asked.
 */
import { z } from 'zod';
import { TapeheadError } from '../core/errors.ts';
import { CommandKind, MAX_RECORD_TEXT_BYTES } from '../core/record.ts';
import { canonical } from './canonical.ts';
import { oneLine } from './one-line.ts';

const name = z.string().min(1).max(64);
const by = z.string().max(64).default('config');
const scope = z.enum(['engine', 'account', 'strategy', 'instrument']);

/** `name`: of the account, strategy or instrument; left out for the engine. */
export const commandSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('kill'), scope, name: name.optional(), by }),
  z.strictObject({ do: z.literal('resume'), scope, name: name.optional(), by }),
  z.strictObject({
    do: z.literal('trading-state'),
    state: z.enum(['active', 'reducing', 'halted']),
    scope: z.enum(['engine', 'account', 'strategy']).default('engine'),
    name: name.optional(),
    by,
  }),
  z.strictObject({ do: z.literal('set-limit'), limit: name, value: z.union([z.string(), z.number(), z.null()]), by }),
  z.strictObject({
    do: z.literal('set-parameters'),
    strategy: name,
    params: z.record(z.string(), z.unknown()),
    by,
  }),
  z.strictObject({ do: z.literal('halt-strategy'), strategy: name, by }),
  z.strictObject({ do: z.literal('cancel-all'), strategy: name.optional(), by }),
  /** Strategies have their last word, what is open is cancelled, and nothing new leaves any more. */
  z.strictObject({ do: z.literal('stop-trading'), by }),
]);
export type Command = z.output<typeof commandSchema>;

const KINDS: Readonly<Record<Command['do'], CommandKind>> = {
  kill: CommandKind.Kill,
  resume: CommandKind.Resume,
  'trading-state': CommandKind.TradingState,
  'set-limit': CommandKind.SetLimit,
  'set-parameters': CommandKind.SetParameters,
  'halt-strategy': CommandKind.HaltStrategy,
  'cancel-all': CommandKind.CancelAll,
  'stop-trading': CommandKind.StopTrading,
};

/** What goes into the Command record. Throws USAGE where the command is too long for one. */
export function encodeCommand(command: Command): { kind: CommandKind; text: string } {
  const text = canonical(command);
  if (new TextEncoder().encode(text).length > MAX_RECORD_TEXT_BYTES) {
    throw new TapeheadError('USAGE', `command ${command.do}: longer than ${MAX_RECORD_TEXT_BYTES} bytes; split it`);
  }
  return { kind: KINDS[command.do], text };
}

/** The inverse of `encodeCommand`; also for commands from outside. Throws USAGE with one line. */
export function parseCommand(value: unknown, where: string): Command {
  const result = commandSchema.safeParse(value);
  if (result.success) return result.data;
  throw new TapeheadError('USAGE', oneLine(where, result.error));
}
