import { compareVersions, parseVersion, type Version } from '../version.ts'

// Constraints on versions as Masterminds/semver 3.4 reads them: `>=1.2 <2 || 3.x`, `~1.2`, `^0.3`, `1.2 - 1.4`. Read by hand: a
// regular expression for whole constraints would need nested repetition over blanks.

/** One comparison with a version. */
interface Constraint {
  readonly operator: string
  readonly version: Version
  /** Which parts were left out or written as x or *. */
  readonly isDirty: boolean
  readonly isMinorDirty: boolean
  readonly isPatchDirty: boolean
}

/** Alternatives of constraints that must all hold. */
export type Constraints = readonly (readonly Constraint[])[]

// Bounds the work of one call.
const TEXT_MAX = 1024

/** Undefined for what is no constraint. */
export function parseConstraints(text: string): Constraints | undefined {
  if (text.length > TEXT_MAX) return undefined
  const alternatives: (readonly Constraint[])[] = []
  for (const part of text.split('||')) {
    const constraints = parseAlternative(part)
    if (constraints === undefined) return undefined
    alternatives.push(constraints)
  }
  return alternatives
}

// Longest first; the empty alternative stands for equality.
const OPERATOR = /=>|>=|<=|=<|~>|!=|[=><~^]|/y
const PARTIAL =
  /v?([0-9xX*|]+)(?:\.([0-9xX*|]+))?(?:\.([0-9xX*|]+))?(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?/y

/** A position in one alternative. */
interface Reader {
  readonly text: string
  at: number
}

/** A sticky match at the position; null leaves the position where it is. */
function take(reader: Reader, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = reader.at
  const match = pattern.exec(reader.text)
  if (match !== null) reader.at += match[0].length
  return match
}

/** Whether there were any. */
function skipBlanks(reader: Reader): boolean {
  const start = reader.at
  while (/^[\t\n\f\r ]$/.test(reader.text[reader.at] ?? '')) reader.at++
  return reader.at > start
}

/** Undefined when anything of the text is left over. */
function parseAlternative(text: string): readonly Constraint[] | undefined {
  const reader: Reader = { text, at: 0 }
  const constraints: Constraint[] = []
  skipBlanks(reader)
  do {
    const found = parseOne(reader)
    if (found === undefined) return undefined
    constraints.push(...found)
  } while (hasNext(reader))
  return reader.at < text.length ? undefined : constraints
}

/** Constraints are separated by blanks or a comma. */
function hasNext(reader: Reader): boolean {
  const isSeparated = skipBlanks(reader)
  if (reader.text[reader.at] === ',') {
    reader.at++
    skipBlanks(reader)
    return true
  }
  return isSeparated && reader.at < reader.text.length
}

/** One constraint, or the two that `1.2 - 1.4` stands for. */
function parseOne(reader: Reader): readonly Constraint[] | undefined {
  const operator = take(reader, OPERATOR)?.[0] ?? ''
  skipBlanks(reader)
  const from = take(reader, PARTIAL)
  const lower = from === null ? undefined : constraintOf(operator, from)
  if (lower === undefined || operator !== '') return lower && [lower]
  const upper = parseUpper(reader)
  const start = from === null ? undefined : constraintOf('>=', from)
  return upper === undefined || start === undefined ? [lower] : [start, upper]
}

/** The ` - 2.3` of a range. */
function parseUpper(reader: Reader): Constraint | undefined {
  const { at } = reader
  const isRange = skipBlanks(reader) && reader.text[reader.at] === '-'
  if (isRange) reader.at++
  const to = isRange && skipBlanks(reader) ? take(reader, PARTIAL) : null
  const upper = to === null ? undefined : constraintOf('<=', to)
  if (upper === undefined) reader.at = at
  return upper
}

/** A part left out counts as a wildcard. */
function isWildcard(part: string | undefined): boolean {
  return part === undefined || part === 'x' || part === 'X' || part === '*'
}

/** Wildcards count as 0; behind one of them nothing else counts. */
function constraintOf(operator: string, match: RegExpExecArray): Constraint | undefined {
  const [, major, minor, patch, prerelease = '', metadata = ''] = match
  const isMajorDirty = isWildcard(major)
  const isMinorDirty = !isMajorDirty && isWildcard(minor)
  const isPatchDirty = !isMajorDirty && !isMinorDirty && isWildcard(patch)
  const numbers = isMajorDirty
    ? '0.0.0'
    : `${major}.${isMinorDirty ? 0 : minor}.${isMinorDirty || isPatchDirty ? 0 : patch}`
  const isDirty = isMajorDirty || isMinorDirty || isPatchDirty
  const version = parseVersion(numbers + prerelease + (isDirty ? '' : metadata))
  return version && { operator, version, isDirty, isMinorDirty, isPatchDirty }
}

/** True when one alternative holds. Prereleases need a constraint that names one. */
export function satisfies(version: Version, constraints: Constraints): boolean {
  return constraints.some((all) => {
    const allowsPrerelease = all.some((constraint) => constraint.version.prerelease !== '')
    if (version.prerelease !== '' && !allowsPrerelease) return false
    return all.every((constraint) => check(version, constraint))
  })
}

/** An operator's own rule; `=` with a wildcard is a tilde. */
function check(version: Version, constraint: Constraint): boolean {
  const order = compareVersions(version, constraint.version)
  switch (constraint.operator) {
    case '!=':
      return isOther(version, constraint)
    case '>':
      return isGreater(version, constraint)
    case '<':
      return order < 0
    case '>=':
    case '=>':
      return order >= 0
    case '<=':
    case '=<':
      return constraint.isDirty ? isWithin(version, constraint) : order <= 0
    case '~':
    case '~>':
      return isTilde(version, constraint)
    case '^':
      return isCaret(version, constraint)
    default:
      return constraint.isDirty ? isTilde(version, constraint) : order === 0
  }
}

/** `!=1.x` refuses all of 1. */
function isOther(
  version: Version,
  { version: wanted, isDirty, isMinorDirty, isPatchDirty }: Constraint,
): boolean {
  if (!isDirty) return compareVersions(version, wanted) !== 0
  if (wanted.major !== version.major) return true
  if (isMinorDirty) return false
  if (wanted.minor !== version.minor) return true
  if (isPatchDirty) return version.prerelease !== wanted.prerelease
  return compareVersions(version, wanted) !== 0
}

/** `>1.x` means from 2 on, `>1.2.x` from 1.3 on. */
function isGreater(
  version: Version,
  { version: wanted, isDirty, isMinorDirty, isPatchDirty }: Constraint,
): boolean {
  if (isDirty && version.major !== wanted.major) return version.major > wanted.major
  if (isMinorDirty) return false
  if (isPatchDirty) return version.minor > wanted.minor
  return compareVersions(version, wanted) > 0
}

/** `<=1.x` includes all of 1. */
function isWithin(version: Version, { version: wanted, isMinorDirty }: Constraint): boolean {
  if (version.major !== wanted.major) return version.major < wanted.major
  return version.minor <= wanted.minor || isMinorDirty
}

/** Same minor version, or same major where the minor was left out. */
function isTilde(
  version: Version,
  { version: wanted, isMinorDirty, isPatchDirty }: Constraint,
): boolean {
  if (compareVersions(version, wanted) < 0) return false
  const isZero = wanted.major === 0n && wanted.minor === 0n && wanted.patch === 0n
  if (isZero && !isMinorDirty && !isPatchDirty) return true
  return version.major === wanted.major && (version.minor === wanted.minor || isMinorDirty)
}

/** Up to the next change of the leftmost number that is not zero. */
function isCaret(
  version: Version,
  { version: wanted, isMinorDirty, isPatchDirty }: Constraint,
): boolean {
  if (compareVersions(version, wanted) < 0) return false
  if (wanted.major > 0n || isMinorDirty) return version.major === wanted.major
  if (version.major > 0n) return false
  if (wanted.minor > 0n || isPatchDirty) return version.minor === wanted.minor
  return version.minor === 0n && version.patch === wanted.patch
}
