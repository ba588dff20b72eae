import { BlockList, isIP, isIPv4 } from 'node:net'
import type { NetworkPolicy } from '../model/store-policy.ts'

// Trust: the URL of a store is written by a tenant, and what it answers may come back as the value of a Secret. So the
// addresses that give a machine's own credentials to whoever asks are no stores, by whatever name they are reached.
//
//   address                         │ namespaced store in a cluster │ any other
//   ────────────────────────────────┼───────────────────────────────┼──────────
//   link-local, metadata, multicast │ no                            │ no
//   agents of EKS and ECS           │ yes                           │ yes
//   listed in network.allow         │ yes                           │ yes
//   listed in network.deny          │ no                            │ no
//   loopback: our own pod           │ no                            │ yes: an agent beside us
//   the API server                  │ provider kubernetes only      │ yes
//   private ranges, the cluster's   │ yes: a Vault in the cluster   │ yes
//   the internet                    │ yes                           │ yes

/** Says whether a store may be at an address; `host` is how its URL calls it. */
export type AddressFence = (address: string, host: string) => boolean

/** What a fence is made of. */
export interface FenceOptions {
  /** Whether the stores behind it belong to tenants, and we run beside them in the cluster. */
  readonly isStrict: boolean
  readonly network: Pick<NetworkPolicy, 'allow' | 'deny'>
  /** Addresses of the API server, refused to strict stores. */
  readonly apiAddresses: readonly string[]
}

const NEVER = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::/32',
  // Alibaba Cloud and Oracle Cloud have theirs outside of the link-local range.
  '100.100.100.200',
  '192.0.0.192',
  '224.0.0.0/4',
  'ff00::/8',
  '255.255.255.255',
]
/** They give nothing without the token that the pod holds, and are asked by our own AWS login. */
const AGENTS = ['169.254.170.2', '169.254.170.23', 'fd00:ec2::23']
/** 0.0.0.0 and :: are other spellings of it. */
const LOOPBACK = ['127.0.0.0/8', '0.0.0.0/8', '::1', '::']

const never = listOf(NEVER)
const agents = listOf(AGENTS)

/** Throws RangeError for an entry of the policy that is neither an address nor a range where one has to be. */
export function createFence({ isStrict, network, apiAddresses }: FenceOptions): AddressFence {
  const allowed = listOf(network.allow.filter(isRange))
  const hosts = new Set(network.allow.filter((entry) => !isRange(entry)).map(hostName))
  const denied = listOf(network.deny)
  const strict = listOf(isStrict ? [...LOOPBACK, ...apiAddresses] : [])
  return (address, host) => {
    const bare = address.split('%')[0] ?? ''
    const family = isIPv4(bare) ? 'ipv4' : 'ipv6'
    const isIn = (list: BlockList): boolean => list.check(bare, family)
    if (isIn(agents)) return true
    if (isIn(never)) return false
    if (hosts.has(hostName(host)) || isIn(allowed)) return true
    return !isIn(denied) && !isIn(strict)
  }
}

/** The fence without any policy, for stores of whoever runs this. */
export const isStoreAddress: AddressFence = createFence({
  isStrict: false,
  network: { allow: [], deny: [] },
  apiAddresses: [],
})

const METADATA: ReadonlySet<string> = new Set(['169.254.169.254', 'fd20:ce::254', 'fd00:ec2::254'])

/** Where a cloud gives the identity of a machine or a pod: for our own logins, never for what a store names. */
export const isMetadataAddress: AddressFence = (address) => METADATA.has(address)

function hostName(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

function isRange(entry: string): boolean {
  return isIP(entry.split('/')[0] ?? '') !== 0
}

/** Trap: an IPv4 address also travels inside of IPv6 ones. Those that begin with ::ffff: Node knows by itself. */
function listOf(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/')
    if (isIPv4(address)) {
      const prefix = Number(bits ?? 32)
      list.addSubnet(address, prefix, 'ipv4')
      const hex = hexOf(address)
      list.addSubnet(`64:ff9b::${hex}`, 96 + prefix, 'ipv6')
      list.addSubnet(`2002:${hex}::`, 16 + prefix, 'ipv6')
      // Without the range of all: it would refuse ::1 where loopback is allowed.
      if (prefix >= 8 && address !== '0.0.0.0') list.addSubnet(`::${hex}`, 96 + prefix, 'ipv6')
    } else {
      list.addSubnet(address, Number(bits ?? 128), 'ipv6')
    }
  }
  return list
}

/** `a9fe:a9fe` */
function hexOf(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number)
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
