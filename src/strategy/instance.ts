/** A strategy ready to run: what it is, what it was made with, and where its code stands. */
import type { AnyStrategyDefinition, ParameterValue, Strategy } from './api.ts';
import type { SourceNames } from './failure.ts';

export interface StrategyInstance {
  readonly definition: AnyStrategyDefinition;
  readonly strategy: Strategy<never>;
  /** Validated; every parameter of the definition, keys in its order. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Empty for a shipped strategy. */
  readonly sources: SourceNames;
}
