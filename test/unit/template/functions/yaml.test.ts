import { testRefusals, testRows } from './rows.ts'

// External Secrets Operator's toYaml and fromYaml: sigs.k8s.io/yaml, hence always by way of JSON.

testRows('yaml', [
  {
    story: 'toYaml sorts keys and ends without a line break',
    template: '[{{ dict "b" 1 "a" 2 | toYaml }}]',
    expected: '[a: 2\nb: 1]',
  },
  {
    story: 'toYaml writes block style',
    template: '{{ dict "a" (list 1 (dict "b" "c")) | toYaml }}',
    expected: 'a:\n- 1\n- b: c',
  },
  {
    story: 'toYaml writes empty collections in place',
    template: '{{ dict "a" (list) "b" (dict) | toYaml }}',
    expected: 'a: []\nb: {}',
  },
  {
    story: 'toYaml quotes what would be another type',
    template: '{{ list "1" "true" "null" "~" "1e3" "0x1f" "2024-01-02" "" | toYaml }}',
    expected: '- "1"\n- "true"\n- "null"\n- "~"\n- "1e3"\n- "0x1f"\n- "2024-01-02"\n- ""',
  },
  {
    story: 'toYaml quotes words of YAML 1.1',
    template: '{{ list "yes" "No" "on" "y" | toYaml }}',
    expected: '- "yes"\n- "No"\n- "on"\n- "y"',
  },
  {
    story: 'toYaml quotes what would be syntax',
    template: '{{ list "a: b" "- a" "#a" "a #b" "*a" "&a" "!a" "%a" "@a" "{a" | toYaml }}',
    expected: "- 'a: b'\n- '- a'\n- '#a'\n- 'a #b'\n- '*a'\n- '&a'\n- '!a'\n- '%a'\n- '@a'\n- '{a'",
  },
  {
    story: 'toYaml writes lines as a block',
    template: '{{ dict "a" "x\\ny\\n" | toYaml }}',
    expected: 'a: |\n  x\n  y',
  },
  {
    story: 'toYaml keeps a block without a last line break',
    template: '{{ dict "a" "x\\ny" | toYaml }}',
    expected: 'a: |-\n  x\n  y',
  },
  {
    story: 'toYaml escapes controls',
    template: '{{ dict "a" "x\\u0001" | toYaml }}',
    expected: 'a: "x\\x01"',
  },
  {
    story: 'toYaml leaves letters of all scripts',
    template: '{{ dict "a" "日本 é" | toYaml }}',
    expected: 'a: 日本 é',
  },
  { story: 'toYaml of nil is null', template: '{{ toYaml nil }}', expected: 'null' },
  {
    story: 'toYaml of whole floats',
    template: '{{ list 1.0 1.5 1e21 1e-7 | toYaml }}',
    expected: '- 1\n- 1.5\n- 1e+21\n- 1e-07',
  },
  {
    story: 'toYaml does not escape what HTML minds',
    template: '{{ toYaml "<a&b>" }}',
    expected: '<a&b>',
  },
  {
    story: 'fromYaml reads maps',
    template: '{{ (fromYaml "a: {b: [1, x]}").a | toJson }}',
    expected: '{"b":[1,"x"]}',
  },
  {
    story: 'fromYaml reads words of YAML 1.1 as booleans',
    template: '{{ fromYaml "a: yes\\nb: off\\nc: y" | toJson }}',
    expected: '{"a":true,"b":false,"c":true}',
  },
  {
    story: 'fromYaml gives float64 for numbers',
    template: '{{ (fromYaml "a: 1").a | typeOf }}',
    expected: 'float64',
  },
  {
    story: 'fromYaml makes texts of keys',
    template: '{{ fromYaml "1: a\\ntrue: b" | toJson }}',
    expected: '{"1":"a","true":"b"}',
  },
  {
    story: 'fromYaml knows anchors and merge keys',
    template: '{{ fromYaml "a: &x {k: 1}\\nb:\\n  <<: *x\\n  l: 2" | toJson }}',
    expected: '{"a":{"k":1},"b":{"k":1,"l":2}}',
  },
  {
    story: 'fromYaml reads the first document',
    template: '{{ fromYaml "a: 1\\n---\\nb: 2" | toJson }}',
    expected: '{"a":1}',
  },
  {
    story: 'fromYaml of nothing is an empty dict',
    template: '{{ fromYaml "" | toJson }}',
    expected: '{}',
  },
  {
    story: 'fromYaml of a list gives the error as a member',
    template: '{{ (fromYaml "[1]").Error }}',
    expected:
      'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
  },
  {
    story: 'fromYaml of broken YAML gives the error as a member',
    template: '{{ hasKey (fromYaml "a: [") "Error" }}',
    expected: 'true',
  },
  {
    story: 'fromYaml undoes toYaml',
    template: '{{ dict "a" (list "1" 2 nil true "x\\ny") | toYaml | fromYaml | toJson }}',
    expected: '{"a":["1",2,null,true,"x\\ny"]}',
  },
])

testRefusals('yaml', [
  {
    story: 'fromYaml of a number',
    template: '{{ fromYaml 5 }}',
    message: 'expected string; found a number',
  },
  {
    story: 'fromYaml of nil',
    template: '{{ fromYaml nil }}',
    message: 'cannot assign nil to string',
  },
])
