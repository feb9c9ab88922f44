/**
 * Modified (Cornish-Fisher) VaR and ES: the normal quantile corrected for the P&L's skewness S and excess kurtosis K.
 *
 * VaR = -m - h s, h = z + (z^2-1) S/6 + (z^3-3z) K/24 - (2z^3-5z) S^2/36, z = Phi^-1(1-c) (J.-P. Zangari, "A VaR methodology for
 * portfolios that include options", RiskMetrics Monitor, Q1 1996; L. Favre and J.-A. Galeano, 2002). ES = -m + s M(h,S,K) / (1-c):
 * the mean below h under the Edgeworth density (K. Boudt, B. Peterson and C. Croux, "Estimation and decomposition of downside
 * risk for portfolios with non-normal returns", Journal of Risk 11(2), 2008), at least VaR. Moments with divisor n. Units:
 * those of the positions. Attribution: Euler, through the derivatives of m, s, S and K.
 *
 * h grows with z everywhere only for moderate S and K (D. Maillard, "A user's guide to the Cornish-Fisher expansion", 2012):
 * where it doesn't at the confidence asked for, more confidence would give less VaR, and there is no figure.
 */
import { addScaledRows } from '../math/covariance.ts';
import { type Moments, moments } from '../math/moments.ts';
import { normalCdf, normalPdf, normalQuantile } from '../math/normal.ts';
import { type Unavailable, unavailable } from './outcome.ts';
import type { Scenarios } from './scenarios.ts';
import { type Measure, OVERFLOW, type RiskModel, type Slopes } from './types.ts';

/** h, and its derivatives with respect to S, K and z. */
interface Expansion {
  readonly h: number;
  readonly byS: number;
  readonly byK: number;
  readonly byZ: number;
}

/** M (see above) and its derivatives. */
interface TailIntegral {
  readonly m: number;
  readonly byH: number;
  readonly byS: number;
  readonly byK: number;
}

/** Measuring: O(instruments x observations). */
export function cornishFisherModel(scenarios: Scenarios, tail: number): RiskModel {
  const { instruments, observations, returns } = scenarios;
  const pnl = new Float64Array(observations);
  return {
    instruments,
    observations,
    notes: [],
    measure(exposures: Float64Array, slopes: Slopes | null): Measure | Unavailable {
      pnl.fill(0);
      addScaledRows(returns, observations, exposures, pnl);
      const shape = moments(pnl);
      return momentMeasure(shape, tail, slopes, () => momentSlopes(scenarios, pnl, shape));
    },
  };
}

/**
 * VaR and ES of a P&L with these moments. `derivatives`, called where `slopes` are wanted: those of mean, deviation, skewness and
 * excess kurtosis with respect to each position, as four rows.
 */
export function momentMeasure(
  shape: Moments,
  tail: number,
  slopes: Slopes | null,
  derivatives: () => Float64Array,
): Measure | Unavailable {
  const { mean, deviation, skewness, excessKurtosis } = shape;
  if (![mean, deviation, skewness, excessKurtosis].every(Number.isFinite)) return unavailable('overflow', OVERFLOW);
  const expansion = expand(normalQuantile(tail), skewness, excessKurtosis);
  if (!(expansion.byZ > 0)) return unavailable('expansion-domain', domainText(shape));
  const integral = tailIntegral(expansion.h, skewness, excessKurtosis);
  const isFloored = !(integral.m / tail > -expansion.h);
  if (slopes !== null) {
    const rows = derivatives();
    fillVarSlopes(rows, shape, expansion, slopes.var);
    if (isFloored) slopes.es.set(slopes.var);
    else fillEsSlopes(rows, shape, expansion, integral, tail, slopes.es);
  }
  const loss = -mean - expansion.h * deviation;
  return { var: loss, es: isFloored ? loss : -mean + (deviation * integral.m) / tail };
}

function expand(z: number, s: number, k: number): Expansion {
  const cubic = z * z * z;
  return {
    h: z + ((z * z - 1) * s) / 6 + ((cubic - 3 * z) * k) / 24 - ((2 * cubic - 5 * z) * s * s) / 36,
    byS: (z * z - 1) / 6 - ((2 * cubic - 5 * z) * s) / 18,
    byK: (cubic - 3 * z) / 24,
    byZ: 1 + (z * s) / 3 + ((z * z - 1) * k) / 8 - ((6 * z * z - 5) * s * s) / 36,
  };
}

/** i_q: the paper's I_q, minus the integral of t^(q+1) phi(t) up to h; the weights of K, S and S^2 are those of the Edgeworth density. */
function tailIntegral(h: number, s: number, k: number): TailIntegral {
  const density = normalPdf(h);
  const probability = normalCdf(h);
  const h2 = h * h;
  const i1 = h * density - probability;
  const i2 = (h2 + 2) * density;
  const i3 = (h2 + 3) * h * density - 3 * probability;
  const i4 = ((h2 + 4) * h2 + 8) * density;
  const i6 = (((h2 + 6) * h2 + 24) * h2 + 48) * density;
  const ofK = (i4 - 6 * i2 + 3 * density) / 24;
  const ofS = (i3 - 3 * i1) / 6;
  const ofSS = (i6 - 15 * i4 + 45 * i2 - 15 * density) / 72;
  const edgeworth =
    1 + (k / 24) * ((h2 - 6) * h2 + 3) + (s / 6) * (h2 - 3) * h + ((s * s) / 72) * (((h2 - 15) * h2 + 45) * h2 - 15);
  return {
    m: density + ofK * k + ofS * s + ofSS * s * s,
    byH: -h * density * edgeworth,
    byS: ofS + 2 * ofSS * s,
    byK: ofK,
  };
}

/** d mean, d s, d S and d K / d x_i, as four rows. */
function momentSlopes(
  { instruments, observations, returns }: Scenarios,
  pnl: Float64Array,
  shape: Moments,
): Float64Array {
  const { mean, deviation, skewness, excessKurtosis } = shape;
  const rows = new Float64Array(4 * instruments);
  const fourth = excessKurtosis + 3;
  for (let i = 0; i < instruments; i++) {
    let average = 0;
    let first = 0;
    let second = 0;
    let third = 0;
    for (let t = 0; t < observations; t++) {
      const u = deviation === 0 ? 0 : (pnl[t] - mean) / deviation;
      const r = returns[i * observations + t];
      average += r;
      first += u * r;
      second += u * u * r;
      third += u * u * u * r;
    }
    average /= observations;
    first /= observations;
    second /= observations;
    third /= observations;
    rows[i] = average;
    rows[instruments + i] = first;
    if (deviation === 0) continue;
    rows[2 * instruments + i] = (3 / deviation) * (second - average - skewness * first);
    rows[3 * instruments + i] = (4 / deviation) * (third - skewness * average - fourth * first);
  }
  return rows;
}

function fillVarSlopes(
  rows: Float64Array,
  { deviation }: Moments,
  { h, byS, byK }: Expansion,
  into: Float64Array,
): void {
  const n = into.length;
  for (let i = 0; i < n; i++) {
    into[i] = -rows[i] - h * rows[n + i] - deviation * (byS * rows[2 * n + i] + byK * rows[3 * n + i]);
  }
}

function fillEsSlopes(
  rows: Float64Array,
  { deviation }: Moments,
  expansion: Expansion,
  integral: TailIntegral,
  tail: number,
  into: Float64Array,
): void {
  const n = into.length;
  for (let i = 0; i < n; i++) {
    const dS = rows[2 * n + i];
    const dK = rows[3 * n + i];
    const dM = (integral.byH * expansion.byS + integral.byS) * dS + (integral.byH * expansion.byK + integral.byK) * dK;
    into[i] = -rows[i] + (integral.m * rows[n + i] + deviation * dM) / tail;
  }
}

function domainText({ skewness, excessKurtosis }: Moments): string {
  return (
    `skewness ${skewness.toPrecision(4)} and excess kurtosis ${excessKurtosis.toPrecision(4)} are outside of the ` +
    "expansion's domain: use another method, or a lower confidence"
  );
}
