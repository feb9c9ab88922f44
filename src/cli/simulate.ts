/** `tapehead simulate`: makes the project's own recordings, from a seed. */
import { join } from 'node:path';
import { DEFAULT_SEED, EQUITIES_FILE, EXPECTED_FILE, SPOT_FILE, writeReplayData } from '../sim/replay-data.ts';
import type { Terminal } from './terminal.ts';

export interface SimulateOptions {
  readonly seed?: number;
  readonly activity: number;
}

export function simulate(dir: string, options: SimulateOptions, terminal: Terminal): number {
  const seed = options.seed ?? DEFAULT_SEED;
  writeReplayData(dir, { seed, activity: options.activity });
  for (const file of [EQUITIES_FILE, SPOT_FILE, EXPECTED_FILE]) terminal.out(`${join(dir, file)}\n`);
  terminal.out(`made from seed ${seed}\n`);
  return 0;
}
