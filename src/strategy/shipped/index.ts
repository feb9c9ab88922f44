/** The strategies that come with tapehead, by the name that `--strategy` takes; names.ts lists the names. */
import type { AnyStrategyDefinition } from '../api.ts';
import { crossVenueArbitrage } from './cross-venue-arbitrage.ts';
import { iceberg } from './iceberg.ts';
import { implementationShortfall } from './implementation-shortfall.ts';
import { marketMaker } from './market-maker.ts';
import { orderFlowImbalance } from './order-flow-imbalance.ts';
import { pairs } from './pairs.ts';
import { peg } from './peg.ts';
import { pov } from './pov.ts';
import { twap } from './twap.ts';
import { vwap } from './vwap.ts';

export const SHIPPED: Readonly<Record<string, AnyStrategyDefinition>> = {
  [marketMaker.name]: marketMaker,
  [orderFlowImbalance.name]: orderFlowImbalance,
  [pairs.name]: pairs,
  [crossVenueArbitrage.name]: crossVenueArbitrage,
  [twap.name]: twap,
  [vwap.name]: vwap,
  [pov.name]: pov,
  [implementationShortfall.name]: implementationShortfall,
  [iceberg.name]: iceberg,
  [peg.name]: peg,
};
