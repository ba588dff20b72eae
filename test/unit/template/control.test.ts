import { testRefusals, testRows } from './functions/rows.ts'

// Blocks, variables and pipelines.

testRows('control', [
  {
    story: 'what counts as false',
    template:
      '{{ range list 0 0.0 "" false nil (list) (dict) }}{{ if . }}T{{ else }}F{{ end }}{{ end }}',
    expected: 'FFFFFFF',
  },
  {
    story: 'else if goes on asking',
    template: '{{ if eq 1 2 }}a{{ else if eq 1 1 }}b{{ else }}c{{ end }}',
    expected: 'b',
  },
  {
    story: 'with sets the dot, and else keeps the old one',
    template: '{{ with "x" }}{{ . }}{{ end }}{{ with "" }}{{ else }}{{ .a }}{{ end }}',
    data: { a: '1' },
    expected: 'x1',
  },
  {
    story: 'with may name what it found',
    template: '{{ with $x := "y" }}{{ $x }}{{ . }}{{ end }}',
    expected: 'yy',
  },
  {
    story: 'range counts up to an int',
    template: '{{ range 3 }}{{ . }}{{ end }}',
    expected: '012',
  },
  {
    story: 'range over a list has index and item',
    template: '{{ range $i, $v := list "a" "b" }}{{ $i }}{{ $v }} {{ end }}',
    expected: '0a 1b ',
  },
  {
    story: 'range with one variable has the item',
    template: '{{ range $v := list "a" "b" }}{{ $v }}{{ end }}',
    expected: 'ab',
  },
  {
    story: 'range over the data has keys in order',
    template: '{{ range $k, $v := . }}{{ $k }}={{ $v }};{{ end }}',
    data: { b: '2', a: '1' },
    expected: 'a=1;b=2;',
  },
  {
    story: 'range over nothing takes its else',
    template: '{{ range list }}x{{ else }}none{{ end }}',
    expected: 'none',
  },
  {
    story: 'continue goes on with the next',
    template: '{{ range until 4 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ . }}{{ end }}',
    expected: '023',
  },
  {
    story: 'break ends the loop',
    template: '{{ range until 9 }}{{ if eq . 2 }}{{ break }}{{ end }}{{ . }}{{ end }}',
    expected: '01',
  },
  {
    story: 'a variable of a block ends with it',
    template: '{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}',
    expected: '21',
  },
  {
    story: 'an assignment within a loop lasts',
    template: '{{ $n := 0 }}{{ range until 3 }}{{ $n = add $n . }}{{ end }}{{ $n }}',
    expected: '3',
  },
  {
    story: 'the dollar sign is the data, wherever',
    template: '{{ with "x" }}{{ $.a }}{{ end }}',
    data: { a: '1' },
    expected: '1',
  },
  {
    story: 'a template has its own dollar sign',
    template: '{{ define "t" }}{{ $ }}{{ end }}{{ template "t" 5 }}',
    expected: '5',
  },
  {
    story: 'a template without data has none',
    template: '{{ define "t" }}[{{ . }}]{{ end }}{{ template "t" }}',
    expected: '[<no value>]',
  },
  {
    story: 'a definition may come behind its use',
    template: '{{ template "t" }}{{ define "t" }}x{{ end }}',
    expected: 'x',
  },
  {
    story: 'a pipeline gives its value as the last argument',
    template: '{{ "b" | printf "%s%s" "a" }}',
    expected: 'ab',
  },
  {
    story: 'parentheses give a value',
    template: '{{ (list 1 2) | len }} {{ len (printf "%s" "abc") }}',
    expected: '2 3',
  },
  {
    story: 'a chain of fields behind parentheses',
    template: '{{ (dict "a" (dict "b" 5)).a.b }}',
    expected: '5',
  },
  { story: 'a comment is nothing', template: 'a{{/* c */}}b{{- /* c */ -}} c', expected: 'abc' },
  {
    story: 'and, or give one of their values',
    template: '{{ and 1 0 2 }} {{ or 0 "" "x" }} {{ not 0 }}',
    expected: '0 x true',
  },
  {
    story: 'or evaluates no further than it must',
    template: '{{ or 1 (fail "x") }}',
    expected: '1',
  },
  {
    story: 'eq takes more than one',
    template: '{{ eq 1 2 3 1 }} {{ ne 1 2 }}',
    expected: 'true true',
  },
  {
    story: 'ints of different types compare',
    template: '{{ eq 1 (int64 1) }} {{ lt 1 (int64 2) }}',
    expected: 'true true',
  },
  {
    story: 'texts compare by bytes',
    template: '{{ lt "Z" "a" }} {{ gt "é" "z" }} {{ le "a" "a" }}',
    expected: 'true true true',
  },
  { story: 'index of a text is a byte', template: '{{ index "abc" 1 }}', expected: '98' },
  { story: 'len counts bytes', template: '{{ len "é" }}', expected: '2' },
  {
    story: 'a number may have any form',
    template: '{{ print 0x1f 1_000 0b11 0o17 1e3 .5 }}',
    expected: '31 1000 3 15 1000 0.5',
  },
  {
    story: 'a letter in quotes is its number',
    template: "{{ print 'é' '\\n' }}",
    expected: '233 10',
  },
  {
    story: 'raw texts keep back slashes and line breaks',
    template: '{{ `a\\n\nb` }}',
    expected: 'a\\n\nb',
  },
  {
    story: 'white space within an action may be a line break',
    template: '{{ print\n 1\n }}',
    expected: '1',
  },
  {
    story: 'a pipeline that ends in nothing gives what was before',
    template: '{{ 1 | }}',
    expected: '1',
  },
  {
    story: 'braces outside of actions are text',
    template: '{ } {{ "{{" }} }}',
    expected: '{ } {{ }}',
  },
])

testRefusals('control', [
  {
    story: 'a missing key of the data',
    template: '{{ .nope }}',
    message: 'map has no entry for key "nope"',
  },
  { story: 'a nil as a command', template: '{{ nil }}', message: 'nil is not a command' },
  {
    story: 'range over a text',
    template: '{{ range .s }}{{ end }}',
    message: "range can't iterate over a string",
  },
  {
    story: 'range over a float',
    template: '{{ range 1.5 }}{{ end }}',
    message: "range can't iterate over a float64",
  },
  {
    story: 'a template that is not defined',
    template: '{{ template "nope" .s }}',
    message: 'template is not defined',
  },
  {
    story: 'a function with a field behind it',
    template: '{{ (upper .s).x }}',
    message: "can't evaluate field x in type string",
  },
  {
    story: 'a template that calls itself forever',
    template: '{{ define "t" }}{{ template "t" . }}{{ end }}{{ template "t" .s }}',
    message: 'templates call each other more than 50 deep',
  },
])
