/** The options of `tapehead var`. */
import type { Command } from 'commander';
import type { VarOptions } from './var.ts';
import { addHistoryOptions, addMethodOptions } from './var-options.ts';

export function addVarCommand(program: Command, action: (options: VarOptions) => Promise<void>): void {
  const command = program
    .command('var')
    .summary('value at risk and expected shortfall of a portfolio')
    .description(
      'Value at risk and expected shortfall from a history of prices or returns. Losses are positive. A file with several ' +
        'columns is a portfolio: of equal weights, or of --positions, then in money. docs/var.md has methods and formats.',
    );
  addMethodOptions(addHistoryOptions(command))
    .option('--es', 'print expected shortfall too (--json always has it)')
    .option(
      '--components',
      'whose risk it is: component, marginal, incremental; by strategy, account, sector where known',
    )
    .option('--greeks', 'value, delta, gamma, vega, theta and rho of each holding, where there are options')
    .option('--each', 'one figure per column, each on its own dates, instead of one for the portfolio')
    .option('--json', 'print one JSON object')
    .action(action);
}
