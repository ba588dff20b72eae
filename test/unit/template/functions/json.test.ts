import { testRefusals, testRows } from './rows.ts'

// Numbers are float64 as in Go. The plain functions give nothing where the `must` ones fail.

testRows('json', [
  {
    story: 'toJson sorts keys',
    template: '{{ dict "b" 1 "a" 2 | toJson }}',
    expected: '{"a":2,"b":1}',
  },
  {
    story: 'toJson escapes what HTML minds',
    template: '{{ toJson "<a&b>" }}',
    expected: '"\\u003ca\\u0026b\\u003e"',
  },
  { story: 'toRawJson does not', template: '{{ toRawJson "<a&b>" }}', expected: '"<a&b>"' },
  {
    story: 'toJson escapes line separators and controls',
    template: '{{ toJson .s }}',
    data: { s: '\u2028\u0001\t\u007f' },
    expected: '"\\u2028\\u0001\\t\u007f"',
  },
  {
    story: 'toJson puts a replacement for bytes that are no UTF-8',
    template: '{{ toJson .b }}',
    data: { b: Uint8Array.of(0, 255, 97) },
    expected: '"\\u0000\\ufffda"',
  },
  {
    story: 'toJson writes nil, numbers, booleans',
    template: '{{ list nil 1 1.0 1.5 true | toJson }}',
    expected: '[null,1,1,1.5,true]',
  },
  {
    story: 'toJson writes large numbers with an exponent',
    template: '{{ list 1e20 1e21 1e-6 1e-7 | toJson }}',
    expected: '[100000000000000000000,1e+21,0.000001,1e-7]',
  },
  {
    story: 'toJson of infinity is nothing',
    template: '[{{ toJson (float64 "Inf") }}]',
    expected: '[]',
  },
  {
    story: 'toPrettyJson indents by two',
    template: '{{ dict "a" (list 1) "b" (dict) | toPrettyJson }}',
    expected: '{\n  "a": [\n    1\n  ],\n  "b": {}\n}',
  },
  {
    story: 'fromJson reads what toJson wrote',
    template: '{{ (fromJson "{\\"a\\":[1,{\\"b\\":\\"c\\"}]}").a | toJson }}',
    expected: '[1,{"b":"c"}]',
  },
  {
    story: 'fromJson gives float64 for numbers',
    template: '{{ fromJson "1" | typeOf }}',
    expected: 'float64',
  },
  {
    story: 'fromJson loses digits beyond float64',
    template: '{{ fromJson "12345678901234567890" | toJson }}',
    expected: '12345678901234567000',
  },
  {
    story: 'fromJson of broken JSON is nil',
    template: '{{ fromJson "{\\"a\\":" | kindOf }}',
    expected: 'invalid',
  },
  {
    story: 'fromJson of text behind the value is nil',
    template: '{{ fromJson "1 2" | kindOf }}',
    expected: 'invalid',
  },
  {
    story: 'fromJson takes white space around',
    template: '{{ fromJson " [ 1 ] " | toJson }}',
    expected: '[1]',
  },
  {
    story: 'fromJson keeps the last of equal keys',
    template: '{{ fromJson "{\\"a\\":1,\\"a\\":2}" | toJson }}',
    expected: '{"a":2}',
  },
  {
    story: 'fromJson joins surrogates',
    template: '{{ fromJson "\\"\\\\ud83d\\\\ude00\\"" }}',
    expected: '😀',
  },
  {
    story: 'fromJson puts a replacement for a lone surrogate',
    template: '{{ fromJson "\\"\\\\ud83d\\"" | printf "%x" }}',
    expected: 'efbfbd',
  },
  {
    story: 'fromJson keeps names that JavaScript has plans for',
    template: '{{ fromJson .j | toJson }}',
    data: { j: '{"__proto__":{"a":1}}' },
    expected: '{"__proto__":{"a":1}}',
  },
  {
    story: 'a member of what was read is a field',
    template: '{{ (fromJson .j).user.name }}',
    data: { j: '{"user":{"name":"bob"}}' },
    expected: 'bob',
  },
  {
    story: 'the data prints as an object',
    template: '{{ toJson . }}',
    data: { b: '2', a: '1' },
    expected: '{"a":"1","b":"2"}',
  },
])

testRefusals('json', [
  {
    story: 'mustFromJson of broken JSON',
    template: '{{ mustFromJson .s }}',
    message: 'error calling mustFromJson: the text is not JSON',
  },
  {
    story: 'mustToJson of infinity',
    template: '{{ mustToJson (float64 "Inf") }}',
    message: 'error calling mustToJson: no JSON for an infinite number or NaN',
  },
  {
    story: 'toRawJson of infinity',
    template: '{{ toRawJson (float64 "-Inf") }}',
    message: 'error calling toRawJson: no JSON for an infinite number or NaN',
  },
  {
    story: 'mustToPrettyJson of what is no number',
    template: '{{ mustToPrettyJson (float64 "NaN") }}',
    message: 'error calling mustToPrettyJson: no JSON for an infinite number or NaN',
  },
  {
    story: 'fromJson of a list',
    template: '{{ fromJson (list .s) }}',
    message: 'wrong type for value; expected string; got []interface {}',
  },
  {
    story: 'a member of a text that was read',
    template: '{{ (fromJson .j).user.name }}',
    data: { j: '{"user":"correct horse battery staple"}' },
    message: "can't evaluate field name in type string",
  },
])
