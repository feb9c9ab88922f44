/**
 * A user's scenarios, from JSON: { "scenarios": [{ "name", "moves": { instrument: percent }, "others": percent, "volatility":
 * points }] }. `others`: of the instruments that `moves` doesn't name, 0 unless given; `volatility`: added to every option's.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf, TapeheadError } from '../../core/errors.ts';
import type { Scenario } from './stress.ts';

const percent = z.number().min(-100).max(1e6);
const FILE = z.strictObject({
  scenarios: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(60),
        moves: z.record(z.string(), percent).optional(),
        others: percent.optional(),
        volatility: z.number().min(-1000).max(1000).optional(),
      }),
    )
    .min(1),
});

export interface UserScenarios {
  readonly scenarios: readonly Scenario[];
  /** One line for each that names instruments that are not held. */
  readonly notes: readonly string[];
}

/** Throws NO_FILE, FORMAT: one line. */
export function readScenarios(path: string, instruments: readonly string[]): UserScenarios {
  const parsed = FILE.safeParse(readJson(path));
  if (!parsed.success) {
    const [{ path: at, message }] = parsed.error.issues;
    throw new TapeheadError('FORMAT', `${path}: ${placeOf(at)}${messageOf(message)}`);
  }
  const notes: string[] = [];
  const seen = new Set<string>();
  const scenarios = parsed.data.scenarios.map(({ name, moves = {}, others, volatility = 0 }): Scenario => {
    if (seen.has(name)) throw new TapeheadError('FORMAT', `${path}: two scenarios are called '${name}'`);
    seen.add(name);
    if (Object.keys(moves).length === 0 && others === undefined && volatility === 0) {
      throw new TapeheadError('FORMAT', `${path}: '${name}' moves nothing: give moves, others or volatility`);
    }
    const absent = Object.keys(moves).filter((one) => !instruments.includes(one));
    if (absent.length > 0) notes.push(`'${name}' moves what is not held: ${absent.slice(0, 5).join(', ')}`);
    const fractions = instruments.map((one) => (Object.hasOwn(moves, one) ? moves[one] : (others ?? 0)) / 100);
    return { name, shock: { moves: Float64Array.from(fractions), moreVolatility: volatility / 100 } };
  });
  return { scenarios, notes };
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new TapeheadError('NO_FILE', `${path} can't be read: ${messageOf(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TapeheadError('FORMAT', `${path} is not JSON: ${messageOf(error)}`);
  }
}

function placeOf(at: readonly PropertyKey[]): string {
  return at.length === 0 ? '' : `${at.map(String).join('.')}: `;
}
