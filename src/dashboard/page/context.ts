/** What panels share. */
import type { DashboardRole, Hello } from '../protocol.ts';
import type { Connection } from './connection.ts';
import type { Store } from './store.ts';

export interface PageContext {
  readonly store: Store;
  readonly connection: Connection;
  /** Of the connection of the moment. */
  hello: Hello;
  role: DashboardRole;
  select(instrument: number): void;
  /** A short word at the foot of the page. */
  say(text: string, isBad?: boolean): void;
}

export function isLog({ hello }: PageContext): boolean {
  return hello.mode === 'log';
}

/** Why there is nothing about trading; '' where the run trades. */
export function noTrading({ hello }: PageContext): string {
  return hello.strategies.length === 0 ? 'This run does not trade: books only, no strategy is configured.' : '';
}

export function mayCommand({ role, hello }: PageContext): boolean {
  return role !== 'view' && hello.mode !== 'log';
}
