import { fail } from '../failure.ts'
import { type Functions, fixed } from '../function.ts'
import { parseVersion, type Version } from '../version.ts'
import { parseConstraints, satisfies } from './version-constraint.ts'

function versionOf(text: string): Version {
  return parseVersion(text) ?? fail('invalid semantic version')
}

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
