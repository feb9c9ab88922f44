/**
 * Every fault of orders on Binance spot and USD-M, `SEEDS` seeds each, in virtual time (test/support/order-fault-run.ts).
 * MARKETS and FAULTS choose some, with commas.
 */
import { ORDER_MARKETS, orderCampaignTable, orderFaultCampaign } from '../support/order-fault-campaign.ts';
import { ORDER_FAULTS } from '../support/order-fault-run.ts';

const SEEDS = Number(process.env.SEEDS ?? 1000);
const chosen = <T extends string>(all: readonly T[], wanted: string | undefined): readonly T[] =>
  wanted === undefined ? all : all.filter((one) => wanted.split(',').includes(one));

const firstSeed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`seed ${firstSeed}`);
const report = await orderFaultCampaign({
  firstSeed,
  seeds: SEEDS,
  markets: chosen(ORDER_MARKETS, process.env.MARKETS),
  faults: chosen(ORDER_FAULTS, process.env.FAULTS),
  progress: (line) => console.log(line),
});
for (const failure of report.failures) console.log(failure);
console.log(orderCampaignTable(report));
const { counts, failures } = report;
const sum = (of: (count: (typeof counts)[number]) => number): number => counts.reduce((all, one) => all + of(one), 0);
const slowest = Math.max(...counts.map((count) => count.slowestMs));
console.log(
  `${sum((one) => one.runs)} runs of ${counts.length} pairs of market and fault, ${sum((one) => one.made)} faults: ${failures.length} failed; ` +
    `${sum((one) => one.orders)} orders, none twice, none forgotten, ${sum((one) => one.fills)} fills; ${sum((one) => one.unanswered)} ` +
    `requests unanswered, each asked about; open orders, executions, position and balances were the venue's after ${slowest / 1e3} s at most`,
);
if (failures.length > 0) process.exitCode = 1;
