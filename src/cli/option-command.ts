/** The options of `tapehead option`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { OptionOptions } from './option.ts';
import { date } from './options.ts';

export function addOptionCommand(program: Command, action: (options: OptionOptions) => Promise<void>): void {
  program
    .command('option')
    .summary('value, greeks or implied volatility of one option')
    .description(
      'Black-Scholes-Merton with a cost of carry (--carry 0: Black-76, on a future); American by Barone-Adesi and Whaley. Rates are ' +
        'continuously compounded per year, 0.05 for 5 %; with --price the volatility is implied.',
    )
    .addOption(new Option('--type <t>', 'call or put').choices(['call', 'put']).makeOptionMandatory())
    .addOption(new Option('--style <s>', 'european or american').choices(['european', 'american']).default('european'))
    .requiredOption('--spot <price>', 'price of the underlier', number)
    .requiredOption('--strike <price>', 'strike', number)
    .option('--years <y>', 'time left in years', number)
    .option('--as-of <date>', 'or the valuation date', date)
    .option('--expiry <date>', 'and the date of expiry (days / 365)', date)
    .option('--rate <r>', 'rate', number, 0)
    .option('--carry <b>', 'cost of carry (default: the rate less the dividend yield)', number)
    .option('--dividend-yield <q>', 'dividend yield', number)
    .option('--volatility <v>', '0.2 for 20 %', number)
    .option('--price <p>', "the option's price: its volatility is implied", number)
    .option('--json', 'print one JSON object')
    .action(action);
}

function number(text: string): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(Number(text))) {
    throw new InvalidArgumentError('expected a number.');
  }
  return Number(text);
}
