import { fail } from '../failure.ts'
import { type Functions, fixed } from '../function.ts'
import { parseVersion, type Version } from '../version.ts'
import { parseConstraints, satisfies } from './version-constraint.ts'

/** Lenient as Masterminds/semver: `v1` and `1.2` are versions. */
function versionOf(text: string): Version {
  return parseVersion(text) ?? fail('invalid semantic version')
}

/** `semver` gives a pointer, so its methods include comparisons; what IncMajor gives does not. */
export const semverFunctions: Functions = {
  semver: fixed(['string'], (text) => ({
    go: 'version',
    version: versionOf(text),
    isPointer: true,
  })),
  semverCompare: fixed(['string', 'string'], (constraint, version) => {
    const constraints = parseConstraints(constraint) ?? fail('improper version constraint')
    return satisfies(versionOf(version), constraints)
  }),
}
