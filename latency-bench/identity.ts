/** What determines a run of the bench over a recording. */
import type { RunIdentity } from '../src/config.ts';
import { sessionBaseNs } from '../src/core/time.ts';
import type { DetectedRecording } from '../src/feed/detect.ts';

/** Every symbol of the recording, seed 1; `trading`: null where nobody trades. */
export function identityOf(recording: DetectedRecording, trading: RunIdentity['trading'] = null): RunIdentity {
  const sessionMidnightNs = String(sessionBaseNs(recording.sessionBase));
  return { format: recording.format, sessionMidnightNs, symbols: null, seed: 1, trading };
}
