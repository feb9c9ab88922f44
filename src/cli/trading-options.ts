/** From the command line and a configuration file to what determines a run that trades. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ConfigFile, type Latch, parseConfigFile, type TradingIdentity } from '../config/trading-identity.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { resolveTrading } from '../engine/trading/identity.ts';
import type { DetectedRecording } from '../feed/detect.ts';
import { inlineLatencyFiles } from '../venue/venue-config.ts';

export interface TradingOptions {
  readonly strategy?: readonly string[];
  readonly params?: string;
  readonly config?: string;
  readonly seed: number;
}

/** Null where nothing asks for trading. Throws USAGE or NO_FILE with one line. */
export async function tradingIdentity(
  options: TradingOptions,
  recording: DetectedRecording,
  latched: readonly Latch[],
): Promise<TradingIdentity | null> {
  if (options.strategy === undefined && options.config === undefined) {
    if (options.params === undefined) return null;
    throw new TapeheadError('USAGE', '--params says nothing without --strategy');
  }
  const file = options.config === undefined ? parseConfigFile({}, '--config') : readConfig(options.config);
  for (const use of options.strategy ?? []) file.strategies.push({ use, params: {} });
  return resolveTrading(file, {
    where: options.config ?? '--strategy',
    strategyDir: '.',
    format: recording.format,
    base: recording.sessionBase,
    latched,
    seed: options.seed,
    ...(options.params === undefined ? {} : { params: options.params }),
  });
}

export function readConfig(path: string): ConfigFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new TapeheadError('NO_FILE', `--config ${path}: cannot be read: ${messageOf(error)}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TapeheadError('USAGE', `${path}: is not JSON: ${messageOf(error)}`);
  }
  if (typeof value === 'object' && value !== null && 'venue' in value) {
    const readText = (file: string): string => readFileSync(resolve(dirname(path), file), 'utf8');
    value = { ...value, venue: inlineLatencyFiles(value.venue, readText, `${path}: venue`) };
  }
  return parseConfigFile(value, path);
}
