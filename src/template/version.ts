// Semantic versions as Masterminds/semver v3 reads them: lenient (`v1`, `1.2`), with the text as written kept beside.

/** A version's parts. Numbers are uint64, hence bigint; `original` is what `.Original` prints. */
export interface Version {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  readonly prerelease: string
  readonly metadata: string
  readonly original: string
}

// The nested groups hold each one literal separator per turn, so that matching stays linear.
const VERSION =
  /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/

const UINT64_MAX = (1n << 64n) - 1n

/** Undefined for what is no version. */
export function parseVersion(text: string): Version | undefined {
  const match = text.length > 256 ? null : VERSION.exec(text)
  if (match === null) return undefined
  const [, major = '0', minor = '0', patch = '0', prerelease = '', metadata = ''] = match
  const numbers = [major, minor, patch].map(BigInt)
  if (numbers.some((number) => number > UINT64_MAX)) return undefined
  if (prerelease.split('.').some((part) => /^0\d+$/.test(part))) return undefined
  const [a = 0n, b = 0n, c = 0n] = numbers
  return { major: a, minor: b, patch: c, prerelease, metadata, original: text }
}

/** SemVer's own text, without the v and with all three numbers. */
export function versionText({ major, minor, patch, prerelease, metadata }: Version): string {
  const tail = (prerelease && `-${prerelease}`) + (metadata && `+${metadata}`)
  return `${major}.${minor}.${patch}${tail}`
}

/** A version made of another one; its `original` keeps a leading v. */
export function changed(version: Version, change: Partial<Version>): Version {
  const next = { ...version, ...change }
  const prefix = version.original.startsWith('v') ? 'v' : ''
  return { ...next, original: prefix + versionText(next) }
}

/** The next major version, everything below it reset. */
export function incrementMajor(version: Version): Version {
  const major = version.major + 1n
  return changed(version, { major, minor: 0n, patch: 0n, prerelease: '', metadata: '' })
}

/** The next minor version; patch, prerelease and metadata are reset. */
export function incrementMinor(version: Version): Version {
  const minor = version.minor + 1n
  return changed(version, { minor, patch: 0n, prerelease: '', metadata: '' })
}

/** A prerelease only loses that: 1.2.3-a comes before 1.2.3. */
export function incrementPatch(version: Version): Version {
  const patch = version.prerelease === '' ? version.patch + 1n : version.patch
  return changed(version, { patch, prerelease: '', metadata: '' })
}

/** Metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  for (const part of ['major', 'minor', 'patch'] as const) {
    if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1
  }
  return comparePrerelease(a.prerelease, b.prerelease)
}

/** SemVer 2.0, section 11: none comes after any, more parts after fewer. */
function comparePrerelease(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return 1
  if (b === '') return -1
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = comparePart(left[i] ?? '', right[i] ?? '')
    if (order !== 0) return order
  }
  return 0
}

/** Numbers before words; a missing part before any. */
function comparePart(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return -1
  if (b === '') return 1
  const isNumberA = /^\d+$/.test(a)
  const isNumberB = /^\d+$/.test(b)
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1
  if (!isNumberA) return a < b ? -1 : 1
  return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0
}
