/** From what a user configured to what determines the run: strategies found and checked, names resolved, times fixed. */
import { parseTime } from '../../audit/log-query.ts';
import { type Command, parseCommand } from '../../config/commands.ts';
import type { ConfigFile, Latch, TradingIdentity } from '../../config/trading-identity.ts';
import { TapeheadError } from '../../core/errors.ts';
import { type SessionBase, sessionBaseNs } from '../../core/time.ts';
import type { FormatName } from '../../feed/feed.ts';
import { unknownName, withLimit } from '../../risk/risk-config.ts';
import { instantiate, prepareStrategy } from '../../strategy/load/prepare.ts';
import { parseParameterText } from '../../strategy/parameters.ts';
import { resolvePortfolio } from '../portfolio/setup.ts';

/** Steps of orders on US equities (from $1 on), where the configuration says nothing else: the feed states 1/10,000. */
const US_EQUITIES = { tick: '0.01', lot: '1' };

export interface TradingContext {
  /** Named at the head of messages: the configuration file, or where else it comes from. */
  readonly where: string;
  /** Folder that the paths of strategies are relative to. */
  readonly strategyDir: string;
  readonly format: FormatName;
  readonly base: SessionBase;
  readonly seed: number;
  /** Kill switches that hold from the start. */
  readonly latched: readonly Latch[];
  /** Parameters of the only strategy, as on the command line. */
  readonly params?: string;
}

/** Loads every strategy once, to check it and its parameters. Throws USAGE with one line. */
export async function resolveTrading(file: ConfigFile, context: TradingContext): Promise<TradingIdentity> {
  const { where, format, base } = context;
  if (file.strategies.length === 0) throw new TapeheadError('USAGE', `${where}: names no strategy`);
  if (context.params !== undefined && file.strategies.length !== 1) {
    throw new TapeheadError(
      'USAGE',
      'parameters on the command line are for one strategy; several have theirs in the file',
    );
  }
  const strategies: TradingIdentity['strategies'] = [];
  for (const asked of file.strategies) strategies.push(await resolveStrategy(asked, file, strategies, context));
  const accounts = file.accounts.map((account) => account.name);
  const ids = strategies.map(({ id }) => id);
  const unknown = unknownName(file.risk, accounts, ids);
  if (unknown !== null) throw new TapeheadError('USAGE', `${where}: risk.${unknown}`);
  const midnight = sessionBaseNs(base);
  const commands = file.commands.map(({ at, ...rest }, i) => {
    const place = `${where}: commands[${i}]`;
    const atNs = Number(parseTime(at, midnight) - midnight);
    if (atNs < 0) throw new TapeheadError('USAGE', `${place}: ${at} is before the day of the recording`);
    const command = parseCommand(rest, place);
    checkCommand(command, file, ids, place);
    return { atNs, command };
  });
  commands.sort((a, b) => a.atNs - b.atNs);
  const others = format === 'itch50' || format === 'lobster' ? { '*': US_EQUITIES } : {};
  const instruments = { ...others, ...file.instruments };
  const { portfolio: asked, ...rest } = file;
  const identity = { ...rest, instruments, strategies, commands, latched: [...context.latched] };
  if (asked === undefined) return identity;
  const portfolio = await resolvePortfolio(asked, context.strategyDir, context.seed, midnight);
  return { ...identity, portfolio };
}

/** What a command names must be there, and its limit be one. Instruments are known only while running. */
function checkCommand(command: Command, file: ConfigFile, ids: readonly string[], place: string): void {
  const refuse = (what: string): never => {
    throw new TapeheadError('USAGE', `${place}: ${what}`);
  };
  const accounts = file.accounts.map((account) => account.name);
  const check = (kind: string, name: string | undefined, known: readonly string[]): void => {
    if (name === undefined) refuse(`names no ${kind}`);
    else if (!known.includes(name)) refuse(`there is no ${kind} ${name}; there are ${known.join(', ')}`);
  };
  if ('scope' in command && command.scope !== 'engine') {
    if (command.scope === 'instrument') {
      if (command.name === undefined) refuse('names no instrument');
    } else {
      check(command.scope, command.name, command.scope === 'account' ? accounts : ids);
    }
  }
  if ('strategy' in command && command.strategy !== undefined) check('strategy', command.strategy, ids);
  if (command.do !== 'set-limit') return;
  const changed = withLimit(file.risk, command.limit, command.value);
  if (typeof changed === 'string') refuse(changed);
  else {
    const unknown = unknownName(changed, accounts, ids);
    if (unknown !== null) refuse(unknown);
  }
}

async function resolveStrategy(
  asked: ConfigFile['strategies'][number],
  file: ConfigFile,
  before: TradingIdentity['strategies'],
  context: TradingContext,
): Promise<TradingIdentity['strategies'][number]> {
  const { use } = asked;
  const prepared = await prepareStrategy(use, context.strategyDir, file.budgetTicks);
  const taken = before.map((one) => one.id);
  const id = asked.id ?? uniqueId(prepared.definition.name, taken);
  if (taken.includes(id)) throw new TapeheadError('USAGE', `${context.where}: two strategies have the id ${id}`);
  const account = asked.account ?? file.accounts[0].name;
  if (!file.accounts.some((one) => one.name === account)) {
    throw new TapeheadError('USAGE', `${context.where}: strategy ${id}: there is no account ${account}`);
  }
  const given =
    context.params === undefined ? {} : parseParameterText(prepared.definition.parameters, context.params, '--params');
  const { parameters } = instantiate(prepared, { ...asked.params, ...given }, file.budgetTicks);
  return { id, use, sha256: prepared.sha256, account, params: { ...parameters } };
}

function uniqueId(name: string, taken: readonly string[]): string {
  let id = name;
  for (let i = 2; taken.includes(id); i++) id = `${name}-${i}`;
  return id;
}
