/** Names of the strategies that come along: help texts need not load them. */
export const SHIPPED_NAMES: readonly string[] = [
  'market-maker',
  'order-flow-imbalance',
  'pairs',
  'cross-venue-arbitrage',
  'twap',
  'vwap',
  'pov',
  'implementation-shortfall',
  'iceberg',
  'peg',
];
