/**
 * Wide integers against BigInt: every border times every border, then random ones, near borders and not, until `CASES`
 * products were compared, with quotients, sums and comparisons of them. A failure names its numbers.
 */
import { WideCases } from '../support/wide-cases.ts';

const CASES = Number(process.env.CASES ?? 10_000_000);
const seed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
console.log(`seed ${seed}`);
const cases = new WideCases(seed);
cases.bordersByBorders();
while (cases.products < CASES) cases.next();
console.log(
  `${cases.products} products and ${cases.cases - cases.products} results computed from them, 0 differ from BigInt`,
);
