/** From the command line and a configuration file to what determines a run that trades. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseTime } from '../audit/log-query.ts';
import { parseCommand } from '../config/commands.ts';
import { type ConfigFile, type Latch, parseConfigFile, type TradingIdentity } from '../config/trading-identity.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { type SessionBase, sessionBaseNs } from '../core/time.ts';
import type { FormatName } from '../feed/feed.ts';
import { unknownName } from '../risk/risk-config.ts';
import { instantiate, prepareStrategy } from '../strategy/load/prepare.ts';
import { parseParameterText } from '../strategy/parameters.ts';
import { inlineLatencyFiles } from '../venue/venue-config.ts';

export interface TradingOptions {
  readonly strategy?: readonly string[];
  readonly params?: string;
  readonly config?: string;
}

/** Steps of orders on US equities (from $1 on), where the configuration says nothing else: the feed states 1/10,000. */
const US_EQUITIES = { tick: '0.01', lot: '1' };

/** Null where nothing asks for trading. Throws USAGE or NO_FILE with one line. */
export async function tradingIdentity(
  options: TradingOptions,
  format: FormatName,
  base: SessionBase,
  latched: readonly Latch[],
): Promise<TradingIdentity | null> {
  if (options.strategy === undefined && options.config === undefined) {
    if (options.params === undefined) return null;
    throw new TapeheadError('USAGE', '--params says nothing without --strategy');
  }
  const file = readConfig(options.config);
  const asked: { id?: string; use: string; account?: string; params: Record<string, unknown> }[] = [
    ...file.strategies.map((one) => ({ ...one }) as (typeof asked)[number]),
    ...(options.strategy ?? []).map((use) => ({ use, params: {} })),
  ];
  if (asked.length === 0)
    throw new TapeheadError('USAGE', `${options.config}: names no strategy, and neither does --strategy`);
  if (options.params !== undefined && asked.length !== 1) {
    throw new TapeheadError(
      'USAGE',
      '--params is for one strategy; several have their parameters in the file of --config',
    );
  }
  const strategies: TradingIdentity['strategies'] = [];
  for (const { id, use, account, params } of asked) {
    const prepared = await prepareStrategy(use, '.', file.budgetTicks);
    const given =
      options.params === undefined
        ? {}
        : parseParameterText(prepared.definition.parameters, options.params, '--params');
    const name =
      id ??
      uniqueId(
        prepared.definition.name,
        strategies.map((one) => one.id),
      );
    if (strategies.some((one) => one.id === name))
      throw new TapeheadError('USAGE', `two strategies have the id ${name}`);
    const accountName = account ?? file.accounts[0].name;
    if (!file.accounts.some((one) => one.name === accountName)) {
      throw new TapeheadError('USAGE', `strategy ${name}: there is no account ${accountName}`);
    }
    const { parameters } = instantiate(prepared, { ...params, ...given }, file.budgetTicks);
    strategies.push({ id: name, use, sha256: prepared.sha256, account: accountName, params: { ...parameters } });
  }
  const accounts = file.accounts.map((account) => account.name);
  const unknown = unknownName(
    file.risk,
    accounts,
    strategies.map(({ id }) => id),
  );
  if (unknown !== null) throw new TapeheadError('USAGE', `${options.config}: risk.${unknown}`);
  const commands = file.commands.map(({ at, ...command }, i) => {
    const where = `${options.config}: commands[${i}]`;
    return {
      atNs: Number(parseTime(at, sessionBaseNs(base)) - sessionBaseNs(base)),
      command: parseCommand(command, where),
    };
  });
  commands.sort((a, b) => a.atNs - b.atNs);
  const others = format === 'itch50' || format === 'lobster' ? { '*': US_EQUITIES } : {};
  return { ...file, instruments: { ...others, ...file.instruments }, strategies, commands, latched: [...latched] };
}

function readConfig(path: string | undefined): ConfigFile {
  if (path === undefined) return parseConfigFile({}, '--config');
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
  const readText = (file: string): string => readFileSync(new URL(file, `file://${dirname(path)}/`), 'utf8');
  if (typeof value === 'object' && value !== null && 'venue' in value) {
    value = { ...value, venue: inlineLatencyFiles(value.venue, readText, `${path}: venue`) };
  }
  return parseConfigFile(value, path);
}

function uniqueId(name: string, taken: readonly string[]): string {
  let id = name;
  for (let i = 2; taken.includes(id); i++) id = `${name}-${i}`;
  return id;
}
