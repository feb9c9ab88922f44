/** Wide integers against BigInt: every border times every border, then `CASES` random ones. A failure names its numbers. */
import { WideCases } from '../support/wide-cases.ts';

const CASES = Number(process.env.CASES ?? 10_000_000);
const seed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
console.log(`seed ${seed}`);
const cases = new WideCases(seed);
cases.bordersByBorders();
while (cases.cases < CASES) cases.next();
console.log(`${cases.cases} results of products, quotients, sums and comparisons, 0 differ from BigInt`);
