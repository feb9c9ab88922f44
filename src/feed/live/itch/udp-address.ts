/** Addresses of UDP lines as a user writes them: `host:port`, or `group:port@interface` for a multicast group. IPv4. */
import { isIPv4 } from 'node:net';
import { TapeheadError } from '../../../core/errors.ts';

export interface UdpAddress {
  readonly host: string;
  readonly port: number;
  /** Address of the interface on which the group is joined; '' leaves it to the system. */
  readonly network: string;
  readonly isMulticast: boolean;
}

/** `what`: names the option in the error. Throws TapeheadError. */
export function parseUdpAddress(text: string, what: string): UdpAddress {
  const match = /^([\d.]+):(\d{1,5})(?:@([\d.]+))?$/.exec(text);
  const port = Number(match?.[2]);
  const network = match?.[3] ?? '';
  if (match === null || !isIPv4(match[1]) || port > 0xffff || (network !== '' && !isIPv4(network))) {
    throw new TapeheadError(
      'USAGE',
      `${what} ${JSON.stringify(text)} is no address: write it as 127.0.0.1:26400, or 233.54.12.111:26477@192.168.1.5 for a multicast group and the interface to join it on`,
    );
  }
  const first = Number.parseInt(match[1], 10);
  return { host: match[1], port, network, isMulticast: first >= 224 && first < 240 };
}

export function ipv4Bytes(address: string): Uint8Array {
  return Uint8Array.from(address.split('.'), Number);
}
