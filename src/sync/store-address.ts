import { BlockList, isIPv4 } from 'node:net'

// Trust: the URL of a store is written by a tenant, and what it answers may come back as the value of a Secret. So the
// addresses that give a machine's own credentials to whoever asks are no stores, by whatever name they are reached.

const refused = new BlockList()
refused.addSubnet('169.254.0.0', 16)
refused.addSubnet('fe80::', 10, 'ipv6')
refused.addSubnet('fd00:ec2::', 32, 'ipv6')
// Alibaba Cloud and Oracle Cloud have theirs outside of the link-local range.
refused.addAddress('100.100.100.200')
refused.addAddress('192.0.0.192')

/** The agents of EKS and ECS give nothing without the token that the pod holds, and are asked by our own AWS login. */
const agents = new BlockList()
agents.addAddress('169.254.170.2')
agents.addAddress('169.254.170.23')
agents.addAddress('fd00:ec2::23', 'ipv6')

/** Whether a store may be at this address. */
export function isStoreAddress(address: string): boolean {
  const bare = address.split('%')[0] ?? ''
  const family = isIPv4(bare) ? 'ipv4' : 'ipv6'
  return agents.check(bare, family) || !refused.check(bare, family)
}
