/**
 * The gate before portfolio risk, fed with NaN, infinities, zeros and huge numbers in exposures, answers, times and orders:
 * whatever passes, passes on figures that are numbers, fresh, and of a portfolio that could be valued. `ROUNDS` inputs.
 */
import { fuzzGate } from '../support/gate-scene.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 1_000_000);
const seed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
console.log(`seed ${seed}`);
const passed = fuzzGate(seed, ROUNDS);
console.log(`${ROUNDS} inputs, ${passed} orders passed, none on a bad figure`);
