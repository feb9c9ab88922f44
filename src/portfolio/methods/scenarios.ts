/** Returns of instruments over past periods: what every method starts from. */
import { type Unavailable, unavailable } from './outcome.ts';

export interface Scenarios {
  readonly instruments: number;
  readonly observations: number;
  /** Simple returns per period, row-major instruments x observations, oldest first. */
  readonly returns: Float64Array;
}

const MIN_OBSERVATIONS = 2;

/** The last `window` observations; all of them where there are fewer. */
export function lastObservations(scenarios: Scenarios, window: number): Scenarios {
  const { instruments, observations, returns } = scenarios;
  if (window >= observations) return scenarios;
  const kept = new Float64Array(instruments * window);
  for (let i = 0; i < instruments; i++) {
    kept.set(returns.subarray((i + 1) * observations - window, (i + 1) * observations), i * window);
  }
  return { instruments, observations: window, returns: kept };
}

/**
 * Returns over `periods` consecutive periods, compounded, one starting at each period: observations - periods + 1 of them.
 * They overlap, so they are not independent: h-period returns hold about observations / periods independent ones.
 */
export function overlapping(scenarios: Scenarios, periods: number): Scenarios | Unavailable {
  const { instruments, observations, returns } = scenarios;
  if (periods === 1) return scenarios;
  const count = observations - periods + 1;
  if (count < MIN_OBSERVATIONS) {
    return unavailable(
      'too-few-observations',
      `${observations} observations hold ${Math.max(0, count)} overlapping returns over ${periods} periods: two are the least`,
    );
  }
  const result = new Float64Array(instruments * count);
  for (let i = 0; i < instruments; i++) {
    for (let t = 0; t < count; t++) {
      let growth = 1;
      for (let k = 0; k < periods; k++) growth *= 1 + returns[i * observations + t + k];
      result[i * count + t] = growth - 1;
    }
  }
  return { instruments, observations: count, returns: result };
}

/** Null, or why no figure can come of these. O(instruments x observations). */
export function scenarioFault({ instruments, observations, returns }: Scenarios): Unavailable | null {
  if (!(instruments > 0)) return unavailable('no-instruments', 'there is no instrument');
  if (!(observations >= MIN_OBSERVATIONS)) {
    return unavailable('too-few-observations', `${observations} observations: two are the least`);
  }
  if (returns.length !== instruments * observations) return unavailable('bad-return', 'returns are missing');
  for (let k = 0; k < returns.length; k++) {
    if (Number.isFinite(returns[k])) continue;
    const [i, t] = [Math.floor(k / observations), k % observations];
    return unavailable('bad-return', `the return of instrument ${i + 1} in period ${t + 1} is ${returns[k]}`);
  }
  return null;
}

/** 1 for each instrument whose return is not the same in every period. */
export function movingInstruments({ instruments, observations, returns }: Scenarios): Uint8Array {
  const moves = new Uint8Array(instruments);
  for (let i = 0; i < instruments; i++) {
    const row = i * observations;
    for (let t = 1; t < observations; t++) if (returns[row + t] !== returns[row]) moves[i] = 1;
  }
  return moves;
}

/** Null, or why positions can't be measured. */
export function positionFault(exposures: Float64Array, { instruments }: Scenarios): Unavailable | null {
  if (exposures.length !== instruments) {
    return unavailable('bad-position', `${exposures.length} positions for ${instruments} instruments`);
  }
  for (let i = 0; i < exposures.length; i++) {
    if (!Number.isFinite(exposures[i])) {
      return unavailable('bad-position', `the position in instrument ${i + 1} is ${exposures[i]}`);
    }
  }
  return null;
}
