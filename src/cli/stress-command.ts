/** The options of `tapehead stress`. */
import { type Command, InvalidArgumentError } from 'commander';
import { collect, positiveInteger } from './options.ts';
import type { StressOptions } from './stress.ts';
import { addHistoryOptions } from './var-options.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;

export function addStressCommand(program: Command, action: (options: StressOptions) => Promise<void>): void {
  const command = program
    .command('stress')
    .summary('what shocks and bad days would cost a portfolio')
    .description(
      'Stress tests: parallel shocks, days of the history, scenarios of your own; options are valued anew. Losses are ' +
        'positive. Without any of them: shocks of 10 and 20 %, and the 5 worst periods. docs/stress.md has the formats.',
    );
  addHistoryOptions(command)
    .option('--shock <percent...>', 'all prices by so many percent: -10 20 or -10,20', percents)
    .option('--volatility <points>', 'with --shock: so many points more volatility (5: from 20 % to 25 %)', number)
    .option('--worst <n>', 'the n periods of the history that would cost most now', positiveInteger)
    .option('--date <date...>', 'the period of the history that ended on this date', collect)
    .option('--scenarios <file>', 'JSON: moves by instrument, in percent')
    .option(
      '--reverse <limit>',
      'the smallest fall, rise and multiple of each scenario that cost more than this',
      limit,
    )
    .option('--window <w>', 'history: the last so many periods (default: all)', positiveInteger)
    .option('--json', 'print one JSON object')
    .action(action);
}

function percents(text: string, before: readonly number[] | undefined): number[] {
  const values = text.split(',').map((one) => one.trim());
  if (!values.every((one) => NUMBER.test(one) && Number(one) >= -100 && Number(one) <= 1e6)) {
    throw new InvalidArgumentError('expected percent from -100 on: -10 or -10,20');
  }
  return [...(before ?? []), ...values.map(Number)];
}

function number(text: string): number {
  if (!NUMBER.test(text) || Math.abs(Number(text)) > 1000)
    throw new InvalidArgumentError('expected points, such as 5.');
  return Number(text);
}

function limit(text: string): number {
  const value = Number(text);
  if (!NUMBER.test(text) || !(value > 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError('expected a loss above 0.');
  }
  return value;
}
