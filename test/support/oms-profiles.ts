/** What the order manager and its twin are put through: from a truthful venue in order to mostly nonsense. */
import type { OmsProfile } from './oms-twins.ts';

const BASE: OmsProfile = {
  name: 'a truthful venue, in order',
  isShuffled: false,
  takesBack: false,
  duplicatePercent: 0,
  nonsensePercent: 0,
  window: 20,
  maxQty: 20,
  price: 1000,
  rescales: false,
};

export const OMS_PROFILES: readonly OmsProfile[] = [
  BASE,
  { ...BASE, name: 'a truthful venue, in any order, some twice', isShuffled: true, duplicatePercent: 5 },
  { ...BASE, name: 'busts and corrections, in order, some twice', takesBack: true, duplicatePercent: 5 },
  { ...BASE, name: 'busts and corrections, in any order', takesBack: true, isShuffled: true },
  {
    ...BASE,
    name: 'nonsense among the truth',
    takesBack: true,
    isShuffled: true,
    nonsensePercent: 30,
    duplicatePercent: 5,
  },
  { ...BASE, name: 'mostly nonsense, about few orders', takesBack: true, nonsensePercent: 70, window: 5, maxQty: 3 },
  {
    ...BASE,
    name: 'quantities and prices at the edge of 2^53',
    takesBack: true,
    isShuffled: true,
    nonsensePercent: 10,
    maxQty: 2 ** 40,
    price: 2 ** 50,
  },
  {
    ...BASE,
    name: 'instruments redefined with more decimals',
    takesBack: true,
    nonsensePercent: 5,
    rescales: true,
    maxQty: 2 ** 22,
    price: 2 ** 36,
  },
];
