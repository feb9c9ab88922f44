/**
 * Carries out the commands that the journal holds: kill switches, trading state, limits, parameters, halts, cancels. A
 * command that names what does not exist, or a value that is refused, changes nothing and says so in a StrategyLog record.
 */
import { type Command, parseCommand } from '../../config/commands.ts';
import { messageOf } from '../../core/errors.ts';
import { HaltReason } from '../../core/order.ts';
import { RiskScope, StrategyState } from '../../core/record.ts';
import { TradingState } from '../../risk/standing.ts';
import type { TradingParts } from './trading.ts';

const SCOPES = {
  engine: RiskScope.Engine,
  account: RiskScope.Account,
  strategy: RiskScope.Strategy,
  instrument: RiskScope.Instrument,
} as const;

/** So many are kept for the summary. */
const MAX_REFUSALS = 20;

const STATES = { active: TradingState.Active, reducing: TradingState.Reducing, halted: TradingState.Halted } as const;

/** Who ends trading. */
interface TradingEnd {
  endTrading(): void;
}

export function carryOut(parts: TradingParts, trading: TradingEnd, text: string): void {
  const { desk, journal } = parts;
  try {
    execute(parts, trading, parseCommand(JSON.parse(text), 'command'));
  } catch (error) {
    const problem = `command refused: ${messageOf(error)}`;
    journal.strategyLog(0, problem, desk.cause);
    if (parts.refusals.length < MAX_REFUSALS) parts.refusals.push(problem);
  }
}

function execute(parts: TradingParts, trading: TradingEnd, command: Command): void {
  const { desk, risk, host, journal, oms } = parts;
  switch (command.do) {
    case 'kill':
      risk.switches.kill(SCOPES[command.scope], subjectOf(parts, command.scope, command.name));
      break;
    case 'resume':
      risk.switches.resume(SCOPES[command.scope], subjectOf(parts, command.scope, command.name));
      break;
    case 'trading-state':
      risk.switches.setTradingState(
        STATES[command.state],
        SCOPES[command.scope],
        subjectOf(parts, command.scope, command.name),
      );
      if (command.state === 'active') parts.venues?.retry();
      break;
    case 'set-limit':
      refuse(risk.setLimit(command.limit, command.value));
      break;
    case 'set-parameters': {
      const strategy = subjectOf(parts, 'strategy', command.strategy);
      refuse(host.setParameters(strategy, command.params));
      const values = JSON.stringify(host.parametersOf(strategy));
      journal.strategyState(strategy, StrategyState.ParametersChanged, HaltReason.None, values, desk.cause);
      break;
    }
    case 'halt-strategy':
      host.halt(subjectOf(parts, 'strategy', command.strategy), HaltReason.Killed, `halted by ${command.by}`);
      break;
    case 'stop-trading':
      trading.endTrading();
      break;
    case 'cancel-all':
      for (let strategy = 0; strategy < host.count; strategy++) {
        if (command.strategy !== undefined && host.idOf(strategy) !== command.strategy) continue;
        for (let id = oms.firstOpenOf(strategy), next = 0; id !== 0; id = next) {
          next = oms.nextOpenOf(id);
          desk.forceCancel(id);
        }
      }
      break;
  }
}

/** Index of the account, strategy or instrument with this name; 0 for the engine. */
function subjectOf(parts: TradingParts, scope: Command['do'] | keyof typeof SCOPES, name: string | undefined): number {
  const { identity, instruments } = parts;
  if (scope === 'engine') return 0;
  let index = -1;
  if (scope === 'account') index = identity.accounts.findIndex((account) => account.name === name);
  else if (scope === 'strategy') index = identity.strategies.findIndex((strategy) => strategy.id === name);
  else if (name !== undefined) index = instruments.find(name);
  if (index < 0) throw new Error(`there is no ${scope} ${name ?? '(no name given)'}`);
  return index;
}

function refuse(problem: string | null): void {
  if (problem !== null) throw new Error(problem);
}
