import type { ProtocolFaults } from '../../src/exchange/protocol.ts';

/** For who asks for no faults. */
export const NO_FAULTS: ProtocolFaults = {
  wrongChecksum: () => false,
  sequenceGap: () => 0,
  orderFate: () => 'fine',
};
