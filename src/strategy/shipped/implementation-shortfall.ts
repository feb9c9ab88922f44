/**
 * Implementation shortfall: the trajectory of Almgren, Chriss (2000), "Optimal execution of portfolio transactions",
 * Journal of Risk 3(2), "Explicit construction of optimal strategies": of X units, with temporary impact eta, volatility sigma and risk aversion lambda
 *   left at t     x(t) = X sinh(k (T - t)) / sinh(k T)
 *   urgency       k: (2 / tau^2)(cosh(k tau) - 1) = lambda sigma^2 / eta~       eta~ = eta - gamma tau / 2
 * tau is the slice, gamma the permanent impact. The more risk weighs against impact, the more is done early; k -> 0 is
 * TWAP. Where lambda or eta is not given, `urgency` is k T itself.
 */
import { type DeterministicMath, defineStrategy, type Parameters, type Signal, type StrategyContext } from '../api.ts';
import { SLICED_PARAMETERS, SlicedRun } from './sliced-run.ts';

const specs = {
  ...SLICED_PARAMETERS,
  urgency: {
    type: 'number',
    default: 2,
    min: 0,
    max: 50,
    text: 'k T: 0 evenly, 2 two thirds in the first half',
  },
  lambda: { type: 'number', default: 0, min: 0, text: 'risk aversion, 1/currency; with eta: k from the formula' },
  eta: { type: 'number', default: 0, min: 0, text: 'temporary impact, currency x second / unit^2' },
  gamma: { type: 'number', default: 0, min: 0, text: 'permanent impact, currency / unit^2' },
  sigma: {
    type: 'number',
    default: 0,
    min: 0,
    text: 'currency per square root of a second; 0: as measured at the start',
  },
} as const;

/** Half-life of the volatility that is measured where none is given. */
const SIGMA_HALF_LIFE_NS = 60e9;

class ImplementationShortfall extends SlicedRun<Parameters<typeof specs>> {
  private volatility: Signal | null = null;
  private urgency = 0;

  override onInstrument(ctx: StrategyContext, instrument: number): void {
    super.onInstrument(ctx, instrument);
    if (instrument === this.subject.instrument) {
      this.volatility = ctx.signals.volatility(instrument, SIGMA_HALF_LIFE_NS);
    }
  }

  protected override begin(ctx: StrategyContext): void {
    const { urgency, lambda, eta, gamma, sigma, sliceSeconds } = this.parameters;
    this.urgency = urgency;
    const netEta = eta - (gamma * sliceSeconds) / 2;
    if (lambda === 0 || netEta <= 0) return;
    const measured = (this.volatility?.value ?? Number.NaN) * this.subject.tickValue;
    const deviation = sigma > 0 ? sigma : measured;
    if (Number.isNaN(deviation)) {
      ctx.log('implementation-shortfall: volatility is not known yet, urgency is used as given');
      return;
    }
    const perSecond = urgencyRate(ctx.math, (lambda * deviation * deviation) / netEta, sliceSeconds);
    this.urgency = (perSecond * (this.endNs - this.startNs)) / 1e9;
  }

  protected override partDoneBy(ctx: StrategyContext, atNs: number): number {
    const time = (atNs - this.startNs) / (this.endNs - this.startNs);
    return time >= 1 ? 1 : 1 - partLeft(ctx.math, this.urgency, time);
  }
}

/** k per second from k~^2 = lambda sigma^2 / eta~: cosh(k tau) = 1 + k~^2 tau^2 / 2, solved for k. */
export function urgencyRate(math: DeterministicMath, squared: number, tauSeconds: number): number {
  const cosh = 1 + (squared * tauSeconds * tauSeconds) / 2;
  return math.ln(cosh + Math.sqrt(cosh * cosh - 1)) / tauSeconds;
}

/** sinh(k (T - t)) / sinh(k T) with `urgency` = k T, `time` = t / T; written without terms that overflow. */
export function partLeft(math: DeterministicMath, urgency: number, time: number): number {
  if (urgency < 1e-6) return 1 - time;
  const e = math.exp(-2 * urgency * (1 - time));
  return (math.exp(-urgency * time) * (1 - e)) / (1 - math.exp(-2 * urgency));
}

export const implementationShortfall = defineStrategy({
  name: 'implementation-shortfall',
  description: 'Works a parent order along the trajectory of Almgren and Chriss',
  parameters: specs,
  create: (parameters) => new ImplementationShortfall('implementation-shortfall', parameters),
});
