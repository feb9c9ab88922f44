/** The parameters that every execution algorithm has. */
import { SUBJECT_PARAMETERS } from './subject.ts';

export const PARENT_PARAMETERS = {
  ...SUBJECT_PARAMETERS,
  notional: { ...SUBJECT_PARAMETERS.notional, default: 50_000 },
  side: { type: 'string', default: 'buy', choices: ['buy', 'sell'], text: 'of the parent' },
  limitPrice: { type: 'decimal', default: '0', min: '0', text: 'never buys above, sells below; 0: no limit' },
  start: {
    type: 'string',
    default: '',
    text: 'time of the session, such as 09:35:00; empty: when the book is live and a trade was seen',
  },
  end: { type: 'string', default: '', text: 'time of the session; empty: durationSeconds after the start' },
  durationSeconds: { type: 'number', default: 120, min: 0.001, text: 'from start to end where no end is given' },
  slippageBps: {
    type: 'number',
    default: 1,
    min: 0,
    text: 'how far behind the touch an order that takes may fill, up to 10 times it after misses',
  },
  minRequestMs: { type: 'number', default: 250, min: 0, text: 'least time between two requests for the same child' },
} as const;

/** The values of PARENT_PARAMETERS. */
export interface ParentParameters {
  readonly symbol: string;
  readonly qty: string;
  readonly notional: number;
  readonly side: string;
  readonly limitPrice: string;
  readonly start: string;
  readonly end: string;
  readonly durationSeconds: number;
  readonly slippageBps: number;
  readonly minRequestMs: number;
}
