import { testRefusals, testRows } from './rows.ts'

// Dicts are shared: set, unset and merge change the first argument for everyone who holds it.

testRows('dicts', [
  {
    story: 'dict makes texts of its keys',
    template: '{{ dict 1 "a" true "b" | toJson }}',
    expected: '{"1":"a","true":"b"}',
  },
  {
    story: 'dict with an odd last key gives it an empty text',
    template: '{{ dict "a" | toJson }}',
    expected: '{"a":""}',
  },
  {
    story: 'dict keeps the last of equal keys',
    template: '{{ dict "a" 1 "a" 2 | toJson }}',
    expected: '{"a":2}',
  },
  {
    story: 'dict keeps names that JavaScript has plans for',
    template: '{{ dict "__proto__" 1 "constructor" 2 | toJson }}',
    expected: '{"__proto__":1,"constructor":2}',
  },
  {
    story: 'get of what is absent is an empty text',
    template: '[{{ get (dict) "constructor" }}]',
    expected: '[]',
  },
  {
    story: 'get of a nil is nil',
    template: '{{ get (dict "a" nil) "a" | kindOf }}',
    expected: 'invalid',
  },
  {
    story: 'set changes the dict for all who hold it',
    template: '{{ $d := dict }}{{ $e := $d }}{{ $_ := set $d "a" 1 }}{{ $e }}',
    expected: 'map[a:1]',
  },
  {
    story: 'unset takes a key away, and one that is absent',
    template: '{{ $d := dict "a" 1 }}{{ $_ := unset (unset $d "a") "b" }}{{ $d }}',
    expected: 'map[]',
  },
  {
    story: 'hasKey tells a nil from an absence',
    template: '{{ hasKey (dict "a" nil) "a" }} {{ hasKey (dict) "a" }}',
    expected: 'true false',
  },
  {
    story: 'hasKey sees no inherited name',
    template: '{{ hasKey (dict) "toString" }}',
    expected: 'false',
  },
  {
    story: 'pluck takes one key of many dicts',
    template: '{{ pluck "a" (dict "a" 1) (dict "b" 2) (dict "a" 3) }}',
    expected: '[1 3]',
  },
  { story: 'keys of one key', template: '{{ keys (dict "a" 1) | toJson }}', expected: '["a"]' },
  {
    story: 'keys of two dicts come twice',
    template: '{{ keys (dict "a" 1) (dict "a" 2) | sortAlpha }}',
    expected: '[a a]',
  },
  { story: 'values of one key', template: '{{ values (dict "a" 1) }}', expected: '[1]' },
  {
    story: 'pick leaves out what is absent',
    template: '{{ pick (dict "a" 1 "b" 2) "b" "c" }}',
    expected: 'map[b:2]',
  },
  {
    story: 'omit leaves out what is named',
    template: '{{ omit (dict "a" 1 "b" 2) "b" "c" }}',
    expected: 'map[a:1]',
  },
  {
    story: 'pick leaves its argument alone',
    template: '{{ $d := dict "a" 1 "b" 2 }}{{ $_ := pick $d "a" }}{{ len $d }}',
    expected: '2',
  },
  {
    story: 'merge keeps what is there',
    template: '{{ merge (dict "a" 1) (dict "a" 2 "b" 3) | toJson }}',
    expected: '{"a":1,"b":3}',
  },
  {
    story: 'merge fills what is empty',
    template: '{{ merge (dict "a" "" "b" 0) (dict "a" "x" "b" 1) | toJson }}',
    expected: '{"a":"x","b":1}',
  },
  {
    story: 'merge goes into nested dicts',
    template: '{{ merge (dict "a" (dict "x" 1)) (dict "a" (dict "x" 2 "y" 3)) | toJson }}',
    expected: '{"a":{"x":1,"y":3}}',
  },
  {
    story: 'merge changes its first argument',
    template: '{{ $d := dict }}{{ $_ := merge $d (dict "a" 1) }}{{ $d }}',
    expected: 'map[a:1]',
  },
  {
    story: 'merge takes sources in order, the first wins',
    template: '{{ merge (dict) (dict "a" 1) (dict "a" 2) | toJson }}',
    expected: '{"a":1}',
  },
  {
    story: 'mergeOverwrite takes the last',
    template: '{{ mergeOverwrite (dict "a" 1) (dict "a" 2) (dict "a" 3) | toJson }}',
    expected: '{"a":3}',
  },
  {
    story: 'mergeOverwrite goes into nested dicts',
    template: '{{ mergeOverwrite (dict "a" (dict "x" 1 "z" 9)) (dict "a" (dict "x" 2)) | toJson }}',
    expected: '{"a":{"x":2,"z":9}}',
  },
  {
    story: 'mergeOverwrite replaces a list as a whole',
    template: '{{ mergeOverwrite (dict "a" (list 1 2)) (dict "a" (list 3)) | toJson }}',
    expected: '{"a":[3]}',
  },
  {
    story: 'mergeOverwrite takes an empty value, too',
    template: '{{ mergeOverwrite (dict "a" 1) (dict "a" "") | toJson }}',
    expected: '{"a":""}',
  },
  {
    story: 'deepCopy is not shared',
    template:
      '{{ $d := dict "a" (dict "b" 1) }}{{ $c := deepCopy $d }}{{ $_ := set $c.a "b" 2 }}{{ $d | toJson }}',
    expected: '{"a":{"b":1}}',
  },
  {
    story: 'a variable shares what deepCopy does not',
    template:
      '{{ $d := dict "a" (dict "b" 1) }}{{ $c := $d }}{{ $_ := set $c.a "b" 2 }}{{ $d | toJson }}',
    expected: '{"a":{"b":2}}',
  },
  {
    story: 'dig goes through dicts',
    template: '{{ dig "a" "b" "none" (dict "a" (dict "b" 1)) }}',
    expected: '1',
  },
  {
    story: 'dig gives the default for what is absent at any level',
    template: '{{ dig "x" "b" "none" (dict "a" 1) }} {{ dig "a" "x" "none" (dict "a" (dict)) }}',
    expected: 'none none',
  },
  {
    story: 'dig gives a nil that is there',
    template: '{{ dig "a" "none" (dict "a" nil) | kindOf }}',
    expected: 'invalid',
  },
  { story: 'a field is a member', template: '{{ (dict "a" (dict "b" 5)).a.b }}', expected: '5' },
  {
    story: 'index goes through dicts',
    template: '{{ index (dict "a" (dict "b-c" 5)) "a" "b-c" }}',
    expected: '5',
  },
  {
    story: 'a dict prints in the order of its keys',
    template: '{{ dict "b" 1 "a" (list 1 "x") }}',
    expected: 'map[a:[1 x] b:1]',
  },
  { story: 'len counts keys', template: '{{ len (dict "a" 1 "b" 2) }}', expected: '2' },
])

testRefusals('dicts', [
  {
    story: 'set on a text',
    template: '{{ set .s "a" 1 }}',
    message: 'wrong type for value; expected map[string]interface {}; got string',
  },
  {
    story: 'set on the data itself, whose values are texts',
    template: '{{ set . "a" .s }}',
    message: 'wrong type for value; expected map[string]interface {}; got map[string]string',
  },
  {
    story: 'set with a key that is no text',
    template: '{{ set (dict) 1 .s }}',
    message: 'expected string; found a number',
  },
  {
    story: 'hasKey on a text',
    template: '{{ hasKey .s "a" }}',
    message: 'wrong type for value; expected map[string]interface {}; got string',
  },
  {
    story: 'merge with a text',
    template: '{{ merge (dict) .s }}',
    message: 'wrong type for value; expected map[string]interface {}; got string',
  },
  {
    story: 'dig with a key that is no text',
    template: '{{ dig 1 "d" (dict "a" .s) }}',
    message: 'error calling dig: a key of dig is of type int, not string',
  },
  {
    story: 'dig through a text',
    template: '{{ dig "a" "b" "d" (dict "a" .s) }}',
    message: 'error calling dig: dig through a value of type string, not a dict',
  },
  {
    story: 'dig with too few arguments',
    template: '{{ dig "a" (dict "a" .s) }}',
    message: 'error calling dig: dig needs at least three arguments',
  },
  {
    story: 'deepCopy of nil',
    template: '{{ deepCopy nil }}',
    message: 'error calling deepCopy: deepCopy of nil',
  },
  {
    story: 'a member that a dict does not have',
    template: '{{ (dict "a" .s).b }}',
    message: 'map has no entry for key "b"',
  },
])
