// Which network addresses are of the internet: the host never calls another for what a stranger wrote down. spec/paid-links.md "Payouts".
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** RFC 6890 and what came after it: this host, private, link-local, shared, documentation, benchmark, multicast, reserved, translated. */
const inward = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  inward.addSubnet(net, bits, 'ipv4');

/** Of IPv6 only what is given out for the internet, 2000::/3, without these. */
const global = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');
for (const [net, bits] of [
  // Tunnels and translations lead to IPv4 addresses that nobody has looked at.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  inward.addSubnet(net, bits, 'ipv6');

export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !inward.check(address, 'ipv4');
  return isIPv6(address) && !address.includes('%') && global.check(address, 'ipv6') && !inward.check(address, 'ipv6');
}
