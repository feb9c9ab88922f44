/**
 * Delta-gamma-normal VaR and ES: returns r are normal (mu, Sigma), the P&L is d'r + r'G r / 2, G diagonal because each option has
 * one underlier. The cumulants of such a quadratic form are exact (A. Mathai and S. Provost, "Quadratic Forms in Random Variables",
 * 1992, 3.2b); with a = d + G mu:
 *
 *   k1 = d'mu + mu'G mu / 2 + tr(G Sigma) / 2
 *   kn = n!/2 a' Sigma (G Sigma)^(n-2) a + (n-1)!/2 tr((G Sigma)^n),  n = 2, 3, 4
 *
 * The quantile is Cornish and Fisher's from skewness and kurtosis, ES as in methods/cornish-fisher.ts (J.-P. Zangari, "A VaR
 * methodology for portfolios that include options", RiskMetrics Monitor, Q1 1996; S. Jaschke, "The Cornish-Fisher expansion in the
 * context of delta-gamma-normal approximations", Journal of Risk 4(4), 2002). Where the gamma dominates, the expansion is some
 * percent off the true quantile; outside of its domain there is no figure. Attribution: Euler, through the derivatives of k1-k4.
 */
import { Covariance, type CovarianceSettings } from '../math/covariance.ts';
import type { Moments } from '../math/moments.ts';
import { momentMeasure } from '../methods/cornish-fisher.ts';
import type { Unavailable } from '../methods/outcome.ts';
import { covarianceNotes } from '../methods/parametric.ts';
import type { Scenarios } from '../methods/scenarios.ts';
import type { Measure, RiskModel, Slopes } from '../methods/types.ts';

/** What a holding's P&L is of the return r of its row: delta r + gamma r^2 / 2, in money. */
export interface Curve {
  readonly row: number;
  readonly delta: number;
  readonly gamma: number;
}

/** Deviations this small beside those of the single holdings are rounding of a perfect hedge. */
const ROUNDING = 1e-12;

/** k1-k4 and their derivatives with respect to the delta and the gamma of each row. */
interface Cumulants {
  readonly k: Float64Array;
  /** Row-major 4 x rows. */
  readonly byDelta: Float64Array;
  readonly byGamma: Float64Array;
}

/**
 * Positions are multiples of the curves, 1 as held. Making: O(rows^2 observations); measuring: O(rows^2 + k^3), k the rows with
 * gamma.
 */
export function deltaGammaModel(
  curves: readonly Curve[],
  scenarios: Scenarios,
  settings: CovarianceSettings,
  tail: number,
): RiskModel {
  const { instruments: rows, observations, returns } = scenarios;
  const covariance = new Covariance(returns, rows, observations, settings);
  const form = new QuadraticForm(covariance, curves);
  return {
    instruments: curves.length,
    observations,
    notes: covarianceNotes(covariance, settings),
    measure(multiples: Float64Array, slopes: Slopes | null): Measure | Unavailable {
      const cumulants = form.cumulants(multiples);
      const shape = momentsOf(cumulants.k, form.grossDeviation(multiples), observations);
      return momentMeasure(shape, tail, slopes, () => momentSlopes(curves, cumulants, shape));
    },
  };
}

class QuadraticForm {
  private readonly curves: readonly Curve[];
  private readonly rows: number;
  private readonly means: Float64Array;
  private readonly sigma: Float64Array;
  /** Rows that any curve has gamma in. */
  private readonly curved: readonly number[];

  constructor(covariance: Covariance, curves: readonly Curve[]) {
    this.curves = curves;
    this.rows = covariance.instruments;
    this.means = covariance.means;
    this.sigma = covariance.dense();
    this.curved = [...new Set(curves.filter(({ gamma }) => gamma !== 0).map(({ row }) => row))].sort((a, b) => a - b);
  }

  /** Sum of what each holding alone would have: the scale that rounding is measured by. */
  grossDeviation(multiples: Float64Array): number {
    let sum = 0;
    this.curves.forEach(({ row, delta, gamma }, h) => {
      const variance = this.sigma[row * this.rows + row];
      sum += Math.abs(multiples[h]) * (Math.abs(delta) * Math.sqrt(variance) + Math.abs(gamma) * variance);
    });
    return sum;
  }

  cumulants(multiples: Float64Array): Cumulants {
    const { rows, means, sigma, curved } = this;
    const [delta, gamma] = [new Float64Array(rows), new Float64Array(rows)];
    this.curves.forEach((curve, h) => {
      delta[curve.row] += multiples[h] * curve.delta;
      gamma[curve.row] += multiples[h] * curve.gamma;
    });
    const u1 = this.timesSigma(delta.map((value, i) => value + gamma[i] * means[i]));
    const u2 = this.timesSigma(u1.map((value, i) => value * gamma[i]));
    const u3 = this.timesSigma(u2.map((value, i) => value * gamma[i]));
    const k = new Float64Array(4);
    const [byDelta, byGamma] = [new Float64Array(4 * rows), new Float64Array(4 * rows)];
    for (let i = 0; i < rows; i++) {
      const a = delta[i] + gamma[i] * means[i];
      k[0] += delta[i] * means[i] + (gamma[i] / 2) * (means[i] * means[i] + sigma[i * rows + i]);
      k[1] += a * u1[i];
      k[2] += 3 * a * u2[i];
      k[3] += 12 * a * u3[i];
      const slopes = [means[i], 2 * u1[i], 6 * u2[i], 24 * u3[i]];
      const own = [(means[i] * means[i] + sigma[i * rows + i]) / 2, 0, 3 * u1[i] * u1[i], 24 * u1[i] * u2[i]];
      for (let n = 0; n < 4; n++) {
        byDelta[n * rows + i] = slopes[n];
        byGamma[n * rows + i] = own[n] + (n === 0 ? 0 : slopes[n] * means[i]);
      }
    }
    const product = this.sigmaGammaSigma(gamma);
    curved.forEach((i, p) => {
      let third = 0; // (Sigma G Sigma G Sigma)_ii
      let fourth = 0; // (Sigma G Sigma G Sigma G Sigma)_ii
      const second = product[p * curved.length + p];
      curved.forEach((j, q) => {
        const entry = product[p * curved.length + q];
        third += entry * gamma[j] * sigma[j * rows + i];
        fourth += entry * gamma[j] * entry;
      });
      k[1] += (gamma[i] * second) / 2;
      k[2] += gamma[i] * third;
      k[3] += 3 * gamma[i] * fourth;
      byGamma[rows + i] += second;
      byGamma[2 * rows + i] += 3 * third;
      byGamma[3 * rows + i] += 12 * fourth;
    });
    return { k, byDelta, byGamma };
  }

  private timesSigma(x: Float64Array): Float64Array {
    const { rows, sigma } = this;
    const result = new Float64Array(rows);
    for (let j = 0; j < rows; j++) {
      if (x[j] === 0) continue;
      for (let i = 0; i < rows; i++) result[i] += sigma[j * rows + i] * x[j];
    }
    return result;
  }

  /** Sigma G Sigma among the rows with gamma. */
  private sigmaGammaSigma(gamma: Float64Array): Float64Array {
    const { rows, sigma, curved } = this;
    const n = curved.length;
    const result = new Float64Array(n * n);
    for (let p = 0; p < n; p++) {
      for (const row of curved) {
        const factor = sigma[curved[p] * rows + row] * gamma[row];
        if (factor === 0) continue;
        for (let q = 0; q < n; q++) result[p * n + q] += factor * sigma[row * rows + curved[q]];
      }
    }
    return result;
  }
}

function momentsOf(k: Float64Array, gross: number, count: number): Moments {
  const [mean, variance, third, fourth] = k;
  const deviation = Math.sqrt(Math.max(0, variance));
  if (deviation <= ROUNDING * gross) return { count, mean, deviation: 0, skewness: 0, excessKurtosis: 0 };
  return {
    count,
    mean,
    deviation,
    skewness: third / (variance * deviation),
    excessKurtosis: fourth / (variance * variance),
  };
}

/** d mean, d s, d S and d K / d multiple, as four rows. */
function momentSlopes(curves: readonly Curve[], { k, byDelta, byGamma }: Cumulants, shape: Moments): Float64Array {
  const count = curves.length;
  const rows = byDelta.length / 4;
  const result = new Float64Array(4 * count);
  const { deviation, skewness, excessKurtosis } = shape;
  const variance = k[1];
  curves.forEach(({ row, delta, gamma }, h) => {
    const slope = (n: number): number => delta * byDelta[n * rows + row] + gamma * byGamma[n * rows + row];
    result[h] = slope(0);
    if (deviation === 0) return;
    const relative = slope(1) / variance;
    result[count + h] = slope(1) / (2 * deviation);
    result[2 * count + h] = slope(2) / (variance * deviation) - 1.5 * skewness * relative;
    result[3 * count + h] = slope(3) / (variance * variance) - 2 * excessKurtosis * relative;
  });
  return result;
}
