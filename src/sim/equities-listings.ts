/** The twelve invented instruments of the simulated equities session. Prices in 1e-4 of the currency. */
import type { Dice } from './dice.ts';
import type { Directory } from './itch-writer.ts';
import type { Profile } from './market.ts';

export interface Listing {
  readonly directory: Directory;
  readonly profile: Profile;
  /** Share of the session's activity, relative. */
  readonly weight: number;
  /** How it starts the day: trading, or waiting for its first auction. */
  readonly debut: 'listed' | 'ipo' | 'direct';
}

/** Market makers' names, invented. */
export const MAKERS: readonly string[] = ['ALFA', 'BRVO', 'CHLY', 'DLTA', 'EKKO', 'FXTR'];

/** Half of all orders are for 100 shares, a third odd lots, the rest round lots up to 1,000, seldom more. */
function shares(dice: Dice): number {
  const roll = dice.unit();
  if (roll < 0.5) return 100;
  if (roll < 0.8) return dice.between(1, 99);
  return 100 * (dice.chance(0.97) ? dice.between(2, 10) : dice.between(11, 60));
}

/** A stock below one dollar trades in larger sizes. */
function pennyShares(dice: Dice): number {
  return 100 * dice.between(1, 80);
}

interface Row {
  readonly symbol: string;
  readonly price: number;
  readonly weight: number;
  readonly halfSpreadTicks: number;
  readonly depthTicks: number;
  readonly orders: number;
  /** Standard deviation of the value over a second, in 1e-6 of the price: 120 is about 29 % a year. */
  readonly volatility: number;
  readonly category: string;
  readonly debut?: 'ipo' | 'direct';
  readonly leverage?: number;
}

const ROWS: readonly Row[] = [
  {
    symbol: 'TAPE',
    price: 412_000,
    weight: 20,
    halfSpreadTicks: 1,
    depthTicks: 9,
    orders: 320,
    volatility: 120,
    category: 'Q',
  },
  {
    symbol: 'REEL',
    price: 1_874_500,
    weight: 16,
    halfSpreadTicks: 3,
    depthTicks: 16,
    orders: 300,
    volatility: 130,
    category: 'Q',
  },
  {
    symbol: 'SPLC',
    price: 123_400,
    weight: 12,
    halfSpreadTicks: 1,
    depthTicks: 5,
    orders: 260,
    volatility: 150,
    category: 'Q',
  },
  {
    symbol: 'CAPSTN',
    price: 688_000,
    weight: 9,
    halfSpreadTicks: 2,
    depthTicks: 10,
    orders: 220,
    volatility: 140,
    category: 'G',
  },
  {
    symbol: 'HUBB',
    price: 2_455_000,
    weight: 8,
    halfSpreadTicks: 5,
    depthTicks: 22,
    orders: 200,
    volatility: 160,
    category: 'Q',
  },
  {
    symbol: 'PINCH',
    price: 19_215_000,
    weight: 7,
    halfSpreadTicks: 30,
    depthTicks: 120,
    orders: 180,
    volatility: 130,
    category: 'Q',
  },
  {
    symbol: 'LEDR',
    price: 305_500,
    weight: 6,
    halfSpreadTicks: 1,
    depthTicks: 8,
    orders: 170,
    volatility: 180,
    category: 'S',
  },
  {
    symbol: 'OXDE',
    price: 7_300,
    weight: 3,
    halfSpreadTicks: 12,
    depthTicks: 60,
    orders: 120,
    volatility: 300,
    category: 'S',
  },
  {
    symbol: 'TAPX',
    price: 954_000,
    weight: 8,
    halfSpreadTicks: 1,
    depthTicks: 6,
    orders: 220,
    volatility: 70,
    category: 'G',
    leverage: 1,
  },
  {
    symbol: 'TAPX2',
    price: 283_000,
    weight: 4,
    halfSpreadTicks: 1,
    depthTicks: 7,
    orders: 150,
    volatility: 140,
    category: 'G',
    leverage: 2,
  },
  {
    symbol: 'WIND',
    price: 240_000,
    weight: 5,
    halfSpreadTicks: 2,
    depthTicks: 14,
    orders: 160,
    volatility: 260,
    category: 'Q',
    debut: 'ipo',
  },
  {
    symbol: 'DRUM',
    price: 510_000,
    weight: 4,
    halfSpreadTicks: 3,
    depthTicks: 16,
    orders: 150,
    volatility: 230,
    category: 'Q',
    debut: 'direct',
  },
];

export const LISTINGS: readonly Listing[] = ROWS.map((row) => {
  const penny = row.price < 10_000;
  const etp = row.leverage !== undefined;
  return {
    weight: row.weight,
    debut: row.debut ?? 'listed',
    directory: {
      symbol: row.symbol,
      marketCategory: row.category,
      issueClassification: etp ? 'Q' : 'C',
      issueSubType: etp ? 'E' : 'Z',
      ipoFlag: row.debut === undefined ? 'N' : 'Y',
      luldTier: row.category === 'Q' ? '1' : '2',
      etp,
      leverage: row.leverage ?? 0,
    },
    profile: {
      // Regulation NMS rule 612: a cent at a dollar and above, a hundredth of a cent below.
      tick: penny ? 1 : 100,
      startPrice: row.price,
      volatility: (row.price * row.volatility) / 1e6,
      halfSpreadTicks: row.halfSpreadTicks,
      depthTicks: row.depthTicks,
      farthestTicks: row.depthTicks * 40,
      restingOrders: row.orders,
      makers: MAKERS,
      takerShare: 0.055,
      hiddenShare: 0.035,
      replaceShare: 0.5,
      quantity: penny ? pennyShares : shares,
    },
  };
});
