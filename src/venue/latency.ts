/**
 * How long a message takes: constant, drawn from a seeded distribution, or from recorded round trips. Whole ns, never
 * negative. Every model is a pure function of (its configuration, seed, the calls made so far) on every machine.
 *
 * - uniform: minNs .. maxNs, both included.
 * - lognormal: offsetNs + medianNs x e^(sigma Z), Z standard normal by Marsaglia's polar method (1964).
 * - gamma: offsetNs + scaleNs x G, G of the given shape by Marsaglia and Tsang (2000); below shape 1 by their boost.
 *   Both are cut at maxNs.
 * - sequence: recorded values one after the other, from the start again behind the last.
 * - interpolated: recorded (time, value) rows, linear in between by the time the message leaves, the first and last value
 *   outside: hftbacktest's IntpOrderLatency (docs, "Latency Models").
 */
import { exp, ln, pow } from '../core/det-math.ts';
import type { Fnv64 } from '../core/hash.ts';
import { Prng } from '../core/prng.ts';
import type { LatencyConfig } from './venue-config.ts';

export class LatencyModel {
  private readonly config: LatencyConfig;
  private readonly random: Prng;
  private readonly times: Float64Array;
  private readonly values: Float64Array;
  /** sequence: the next row; interpolated: the row found last. */
  private at = 0;
  private spare = Number.NaN;
  private drawn = 0;

  constructor(config: LatencyConfig, seed: number) {
    this.config = config;
    this.random = new Prng(seed);
    this.times = Float64Array.from(config.model === 'interpolated' ? config.timesNs : []);
    this.values = Float64Array.from(
      config.model === 'interpolated' || config.model === 'sequence' ? config.valuesNs : [],
    );
  }

  /** Of a message that leaves at `nowNs`. O(1); interpolated: O(log rows) where time jumps. */
  next(nowNs: number): number {
    const { config } = this;
    this.drawn++;
    switch (config.model) {
      case 'constant':
        return config.ns;
      case 'uniform':
        return config.minNs + Math.floor(this.random.unit() * (config.maxNs - config.minNs + 1));
      case 'lognormal':
        return Math.min(
          config.maxNs,
          Math.floor(config.offsetNs + config.medianNs * exp(config.sigma * this.normal())),
        );
      case 'gamma':
        return Math.min(config.maxNs, Math.floor(config.offsetNs + config.scaleNs * this.gamma(config.shape)));
      case 'sequence':
        if (this.at === this.values.length) this.at = 0;
        return this.values[this.at++];
      case 'interpolated':
        return this.interpolated(nowNs);
    }
  }

  foldInto(hash: Fnv64): void {
    hash.integer(this.drawn);
    hash.integer(this.at);
  }

  private interpolated(nowNs: number): number {
    const { times, values } = this;
    const last = times.length - 1;
    if (nowNs <= times[0]) return values[0];
    if (nowNs >= times[last]) return values[last];
    let row = this.at;
    if (times[row] > nowNs || times[row + 1] < nowNs) {
      let high = last;
      row = 0;
      while (high - row > 1) {
        const middle = (row + high) >> 1;
        if (times[middle] <= nowNs) row = middle;
        else high = middle;
      }
      this.at = row;
    }
    const span = times[row + 1] - times[row];
    if (span === 0) return values[row + 1];
    return Math.floor(values[row] + ((values[row + 1] - values[row]) * (nowNs - times[row])) / span);
  }

  private normal(): number {
    if (!Number.isNaN(this.spare)) {
      const value = this.spare;
      this.spare = Number.NaN;
      return value;
    }
    for (;;) {
      const u = 2 * this.random.unit() - 1;
      const v = 2 * this.random.unit() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * ln(s)) / s);
      this.spare = v * factor;
      return u * factor;
    }
  }

  private gamma(shape: number): number {
    const boosted = shape < 1 ? shape + 1 : shape;
    const d = boosted - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const t = 1 + c * x;
      if (t <= 0) continue;
      const v = t * t * t;
      const u = this.random.unit();
      if (u > 0 && ln(u) < 0.5 * x * x + d - d * v + d * ln(v)) {
        if (shape >= 1) return d * v;
        return d * v * pow(1 - this.random.unit(), 1 / shape);
      }
    }
  }
}
