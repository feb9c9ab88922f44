/** The options of `tapehead var-backtest`. */
import { type Command, InvalidArgumentError } from 'commander';
import { nonNegativeInteger, positiveInteger } from './options.ts';
import type { VarBacktestOptions } from './var-backtest.ts';
import { addHistoryOptions, addMethodOptions } from './var-options.ts';

export function addVarBacktestCommand(program: Command, action: (options: VarBacktestOptions) => Promise<void>): void {
  const command = program
    .command('var-backtest')
    .summary('test forecasts of VaR and expected shortfall against what happened')
    .description(
      "Forecasts every period's VaR and ES from the window before it and tests them: Kupiec, Christoffersen, the Basel traffic " +
        'light, Acerbi-Szekely. Or tests a known count: --exceptions 155 --observations 4527 --confidence 0.975. docs/var-backtest.md.',
    );
  addMethodOptions(addHistoryOptions(command, false))
    .option('--each', 'one test per column, each on its own dates')
    .option('--html <file>', 'write a page with the plot and the tests', file)
    .option('--exceptions <x>', 'a known count of losses beyond the VaR, instead of --prices', nonNegativeInteger)
    .option('--observations <n>', 'of so many periods', positiveInteger)
    .option('--json', 'print one JSON object')
    .action(action);
}

function file(text: string): string {
  if (text === '') throw new InvalidArgumentError('expected the name of a file.');
  return text;
}
