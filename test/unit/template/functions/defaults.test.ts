import { testRefusals, testRows } from './rows.ts'

// Defaults and reflection. Empty is what text/template takes for false.

testRows('defaults', [
  {
    story: 'default stands in for what is empty',
    template:
      '{{ default "d" "" }} {{ default "d" 0 }} {{ default "d" nil }} {{ default "d" (list) }} {{ default "d" false }}',
    expected: 'd d d d d',
  },
  {
    story: 'default leaves what is there',
    template: '{{ default "d" "x" }} {{ default "d" "0" }} {{ default "d" " " }}',
    expected: 'x 0  ',
  },
  { story: 'default without a value is the default', template: '{{ default "d" }}', expected: 'd' },
  {
    story: 'default of a dict with a key leaves it',
    template: '{{ default "d" (dict "a" 1) }}',
    expected: 'map[a:1]',
  },
  {
    story: 'empty looks at the value, not at what it says',
    template:
      '{{ empty "" }} {{ empty "false" }} {{ empty 0 }} {{ empty 0.0 }} {{ empty (dict) }} {{ empty (list nil) }}',
    expected: 'true false true true true false',
  },
  {
    story: 'a time is never empty',
    template: '{{ empty (toDate "2006" "x") }}',
    expected: 'false',
  },
  {
    story: 'coalesce gives the first that is not empty',
    template: '{{ coalesce "" 0 nil "a" "b" }}',
    expected: 'a',
  },
  { story: 'coalesce of nothing has no value', template: '{{ coalesce }}', expected: '<no value>' },
  {
    story: 'all and any',
    template: '{{ all 1 "a" }} {{ all 1 "" }} {{ any "" 1 }} {{ any "" 0 }} {{ all }} {{ any }}',
    expected: 'true false true false true false',
  },
  {
    story: 'ternary takes the condition last',
    template: '{{ ternary "yes" "no" true }} {{ false | ternary "yes" "no" }}',
    expected: 'yes no',
  },
  {
    story: 'typeOf gives the names of Go',
    template:
      '{{ typeOf 1 }} {{ typeOf 1.5 }} {{ typeOf "a" }} {{ typeOf true }} {{ typeOf nil }} {{ typeOf (list) }} {{ typeOf (dict) }} {{ typeOf . }}',
    expected:
      'int float64 string bool <nil> []interface {} map[string]interface {} map[string]string',
  },
  {
    story: 'kindOf gives the kinds of Go',
    template:
      '{{ kindOf 1 }} {{ kindOf 1.5 }} {{ kindOf nil }} {{ kindOf (list) }} {{ kindOf . }} {{ kindOf (toDate "2006" "2024") }}',
    expected: 'int float64 invalid slice map struct',
  },
  {
    story: 'typeIs compares the whole name',
    template: '{{ typeIs "int" 1 }} {{ typeIs "int64" 1 }}',
    expected: 'true false',
  },
  {
    story: 'typeIsLike does not mind a pointer',
    template:
      '{{ typeIsLike "semver.Version" (semver "1.0.0") }} {{ typeIs "semver.Version" (semver "1.0.0") }}',
    expected: 'true false',
  },
  {
    story: 'kindIs',
    template: '{{ kindIs "map" . }} {{ kindIs "slice" (list) }}',
    expected: 'true true',
  },
  {
    story: 'deepEqual compares types and values at every level',
    template: '{{ deepEqual (list 1 (dict "a" 2)) (list 1 (dict "a" 2)) }} {{ deepEqual 1 1.0 }}',
    expected: 'true false',
  },
  {
    story: 'deepEqual tells a nil list from an empty one',
    template: '{{ deepEqual (list) (rest (list)) }}',
    expected: 'false',
  },
  {
    story: 'a constant from a quote is a number',
    template: "{{ typeOf 'a' }} {{ 'a' }}",
    expected: 'int 97',
  },
])

testRefusals('defaults', [
  {
    story: 'fail',
    template: '{{ fail .s }}',
    message: 'error calling fail: the template called fail',
  },
  {
    story: 'ternary with a condition that is no boolean',
    template: '{{ ternary .s "no" 1 }}',
    message: 'expected bool; found a number',
  },
  {
    story: 'default without anything',
    template: '{{ default }}',
    message: 'wrong number of args for default: want at least 1 got 0',
  },
  {
    story: 'len of a number',
    template: '{{ len 5 }}',
    message: 'error calling len: len of type int',
  },
  {
    story: 'index into a text by a text',
    template: '{{ index .s "a" }}',
    message: 'error calling index: cannot index slice/array with type string',
  },
  {
    story: 'a comparison of texts with numbers',
    template: '{{ lt .s 1 }}',
    message: 'error calling lt: incompatible types for comparison: string and int',
  },
  {
    story: 'a comparison of lists',
    template: '{{ eq (list .s) (list .s) }}',
    message: 'error calling eq: non-comparable type []interface {}',
  },
  {
    story: 'a call of what is no function',
    template: '{{ call .s }}',
    message: 'error calling call: non-function of type string',
  },
  {
    story: 'a member of a text',
    template: '{{ .s.name }}',
    message: "can't evaluate field name in type string",
  },
])
