/** Exponentially weighted mean and variance of one series, and the regression of one series on another. */

/** Weight of a new value so that a value's weight has halved `halfLife` values later. `pow`: the context's. */
export function weightOf(halfLife: number, pow: (x: number, y: number) => number): number {
  return 1 - pow(0.5, 1 / halfLife);
}

/**
 * Mean and variance. The first values weigh equally (weight 1/n while that is more), so that the mean starts at the
 * first value instead of at 0. Update: d = x - m; m += w d; v = (1 - w)(v + w d^2) (Finch 2009, "Incremental calculation of weighted mean and variance").
 */
export class Moments {
  count = 0;
  mean = 0;
  variance = 0;
  private readonly weight: number;

  constructor(weight: number) {
    this.weight = weight;
  }

  add(value: number): void {
    this.count++;
    const weight = Math.max(this.weight, 1 / this.count);
    const difference = value - this.mean;
    this.mean += weight * difference;
    this.variance = (1 - weight) * (this.variance + weight * difference * difference);
  }

  /** Distance of a value from the mean in standard deviations; 0 while nothing has varied. */
  zScore(value: number): number {
    return this.variance > 0 ? (value - this.mean) / Math.sqrt(this.variance) : 0;
  }
}

/** y on x: slope = cov(x, y) / var(x), weights as above. */
export class Regression {
  count = 0;
  private meanX = 0;
  private meanY = 0;
  private varianceX = 0;
  private varianceY = 0;
  private covariance = 0;
  private readonly weight: number;

  constructor(weight: number) {
    this.weight = weight;
  }

  add(x: number, y: number): void {
    this.count++;
    const weight = Math.max(this.weight, 1 / this.count);
    const dx = x - this.meanX;
    const dy = y - this.meanY;
    this.meanX += weight * dx;
    this.meanY += weight * dy;
    this.varianceX = (1 - weight) * (this.varianceX + weight * dx * dx);
    this.varianceY = (1 - weight) * (this.varianceY + weight * dy * dy);
    this.covariance = (1 - weight) * (this.covariance + weight * dx * dy);
  }

  /** NaN while x has not varied. */
  get slope(): number {
    return this.varianceX > 0 ? this.covariance / this.varianceX : Number.NaN;
  }

  /**
   * How far y - slope x lies from its mean, in its standard deviations, all of them under this slope (the regression's
   * own or another): var(y - h x) = var(y) - 2 h cov(x, y) + h^2 var(x). 0 while nothing has varied.
   */
  residualZ(x: number, y: number, slope: number): number {
    const variance = this.varianceY - 2 * slope * this.covariance + slope * slope * this.varianceX;
    const residual = y - this.meanY - slope * (x - this.meanX);
    return variance > 0 ? residual / Math.sqrt(variance) : 0;
  }
}
