/**
 * The code of a worker's roles. Each thread loads that of its own roles only, before anything of it begins: all of it together
 * costs a thread several hundred ms of CPU, and every thread of a run starts at once.
 */
import { assert } from '../core/assert.ts';
import type { WorkerStart } from './topology.ts';

/** Of each role by itself; asking for one that the thread does not have is a bug. */
export type RoleCode = Awaited<ReturnType<typeof roleCode>>;

export async function roleCode({ roles, identity }: WorkerStart) {
  const isEngine = roles.includes('engine');
  const [audit, engine, trading, feed, stage, portfolio] = await Promise.all([
    roles.includes('audit') ? import('../audit/open-log.ts') : null,
    isEngine ? import('./engine-stage.ts') : null,
    isEngine && identity.trading !== null ? import('./trading/setup.ts') : null,
    roles.includes('feed') ? import('./feed-stage.ts') : null,
    roles.includes('risk') ? import('./portfolio/risk-stage.ts') : null,
    roles.includes('risk') ? import('./portfolio/setup.ts') : null,
  ]);
  const risk = stage === null || portfolio === null ? null : { ...stage, ...portfolio };
  return {
    audit: () => loaded(audit),
    engine: () => loaded(engine),
    trading: () => loaded(trading),
    feed: () => loaded(feed),
    risk: () => loaded(risk),
  };
}

function loaded<Code>(code: Code | null): Code {
  assert(code !== null, 'the code of a role that the thread has');
  return code;
}
