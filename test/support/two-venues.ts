/**
 * An ITCH recording of the same thing at two venues, XYZA and XYZB: both quote around one value that walks in cents, the
 * second learns of its moves later, so that now and then one bids more than the other asks.
 */

import { Prng } from '../../src/core/prng.ts';
import { ItchWriter } from '../../src/sim/itch-writer.ts';
import { BUY, type Order } from '../../src/sim/matching.ts';

const SYMBOLS = ['XYZA', 'XYZB'];
const START_NS = 34_200e9;

/** `steps` moves of the value, one every 100 ms; the second venue quotes the value of `lagSteps` before. */
export function twoVenues(seed: number, steps: number, lagSteps: number): Uint8Array {
  const random = new Prng(seed);
  const writer = new ItchWriter();
  writer.now = START_NS;
  writer.systemEvent('Q');
  SYMBOLS.forEach((symbol, i) => {
    const entry = { marketCategory: 'Q', issueClassification: 'C', issueSubType: 'Z', ipoFlag: 'N', luldTier: '1' };
    writer.directory(i + 1, { symbol, ...entry, etp: false, leverage: 0 });
    writer.tradingAction(i + 1, symbol, 'T', '');
  });
  const values = [1000];
  for (let i = 1; i < steps; i++) values.push(values[i - 1] + random.below(7) - 3);
  let ref = 1;
  const resting: number[][] = [[], []];
  for (let step = lagSteps; step < steps; step++) {
    for (const venue of [0, 1]) {
      writer.now = START_NS + step * 100e6 + venue * 1e6;
      for (const order of resting[venue]) writer.deleted(venue + 1, order);
      resting[venue] = [];
      const cents = values[step - venue * lagSteps];
      for (const direction of [BUY, -BUY]) {
        const price = (cents - direction) * 100;
        const order = { ref: ref++, direction, price, qty: 100 * (1 + random.below(5)), mpid: '' } as Order;
        writer.add(venue + 1, SYMBOLS[venue], order);
        resting[venue].push(order.ref);
      }
    }
  }
  return writer.contents();
}
