import { testRefusals, testRows } from './rows.ts'

// Masterminds/semver: what a version is, and what suits a constraint.

testRows('semver', [
  {
    story: 'a version has its parts',
    template:
      '{{ $v := semver "1.2.3-beta.1+b5" }}{{ $v.Major }}.{{ $v.Minor }}.{{ $v.Patch }} {{ $v.Prerelease }} {{ $v.Metadata }}',
    expected: '1.2.3 beta.1 b5',
  },
  {
    story: 'a version may begin with v and leave parts out',
    template: '{{ semver "v1.2" }} {{ (semver "v1.2").Original }}',
    expected: '1.2.0 v1.2',
  },
  {
    story: 'versions compare by their methods',
    template: '{{ (semver "1.2.3").Compare (semver "1.10.0") }}',
    expected: '-1',
  },
  {
    story: 'a caret allows what changes nothing to the left',
    template: '{{ semverCompare "^1.2.3" "1.9.0" }} {{ semverCompare "^1.2.3" "2.0.0" }}',
    expected: 'true false',
  },
  {
    story: 'a caret before 1.0 allows patches',
    template: '{{ semverCompare "^0.2.3" "0.2.9" }} {{ semverCompare "^0.2.3" "0.3.0" }}',
    expected: 'true false',
  },
  {
    story: 'a tilde allows patches',
    template: '{{ semverCompare "~1.2.3" "1.2.9" }} {{ semverCompare "~1.2.3" "1.3.0" }}',
    expected: 'true false',
  },
  {
    story: 'a comma means and',
    template: '{{ semverCompare ">=1.2, <2" "1.5.0" }} {{ semverCompare ">=1.2, <2" "2.0.0" }}',
    expected: 'true false',
  },
  {
    story: 'a blank means and, too',
    template: '{{ semverCompare ">=1.2 <2" "1.5.0" }}',
    expected: 'true',
  },
  {
    story: 'two bars mean or',
    template: '{{ semverCompare "<1 || >=2" "2.1.0" }} {{ semverCompare "<1 || >=2" "1.1.0" }}',
    expected: 'true false',
  },
  {
    story: 'a hyphen means from to',
    template: '{{ semverCompare "1.2 - 1.4" "1.4.9" }} {{ semverCompare "1.2 - 1.4" "1.5.0" }}',
    expected: 'true false',
  },
  {
    story: 'an x means any',
    template: '{{ semverCompare "1.2.x" "1.2.9" }} {{ semverCompare "*" "9.9.9" }}',
    expected: 'true true',
  },
  {
    story: 'a pre-release suits only a constraint with one',
    template:
      '{{ semverCompare ">=1.0.0" "1.1.0-rc.1" }} {{ semverCompare ">=1.0.0-0" "1.1.0-rc.1" }}',
    expected: 'false true',
  },
  {
    story: 'numbers of a pre-release compare as numbers',
    template: '{{ semverCompare ">1.0.0-rc.2" "1.0.0-rc.10" }}',
    expected: 'true',
  },
  {
    story: 'build metadata counts for nothing',
    template: '{{ semverCompare "=1.2.3" "1.2.3+x" }}',
    expected: 'true',
  },
  {
    story: 'unequal',
    template: '{{ semverCompare "!=1.2.3" "1.2.4" }} {{ semverCompare "!=1.2.x" "1.2.4" }}',
    expected: 'true false',
  },
])

testRefusals('semver', [
  {
    story: 'semver of a text that is no version',
    template: '{{ semver .s }}',
    message: 'error calling semver: invalid semantic version',
  },
  {
    story: 'semver with a zero in front of a pre-release number',
    template: '{{ semver "1.2.3-01" }}',
    message: 'error calling semver: invalid semantic version',
  },
  {
    story: 'semver of nothing',
    template: '{{ semver "" }}',
    message: 'error calling semver: invalid semantic version',
  },
  {
    story: 'semverCompare with a constraint that is none',
    template: '{{ semverCompare .s "1.2.3" }}',
    message: 'error calling semverCompare: improper version constraint',
  },
  {
    story: 'semverCompare of a text that is no version',
    template: '{{ semverCompare ">1" .s }}',
    message: 'error calling semverCompare: invalid semantic version',
  },
])
