import { testRows } from './functions/rows.ts'

// A text that is no template is refused before anything runs, with the line.

testRows('parse-errors', [
  {
    story: 'an action that is not closed',
    template: '{{ .a ',
    expected: 'parse: line 1: unclosed action',
  },
  {
    story: 'an action that is not closed, lines below',
    template: 'a\nb\n{{ .a ',
    expected: 'parse: line 3: unclosed action',
  },
  {
    story: 'a block without its end',
    template: '{{ if true }}x',
    expected: 'parse: line 1: unexpected end of template, {{end}} is missing',
  },
  {
    story: 'an end without its block',
    template: 'x{{ end }}',
    expected: 'parse: line 1: unexpected {{end}}',
  },
  {
    story: 'an else without its block',
    template: '{{ else }}',
    expected: 'parse: line 1: unexpected {{else}}',
  },
  {
    story: 'two elses',
    template: '{{ if 1 }}{{ else }}{{ else }}{{ end }}',
    expected: 'parse: line 1: expected {{end}}, found {{else}}',
  },
  {
    story: 'a condition that is missing',
    template: '{{ if }}x{{ end }}',
    expected: 'parse: line 1: missing value for if',
  },
  {
    story: 'a function that is not there',
    template: '{{ nofunc 1 }}',
    expected: 'parse: line 1: function "nofunc" not defined',
  },
  {
    story: 'a variable that is not there',
    template: '{{ $x }}',
    expected: 'parse: line 1: undefined variable $x',
  },
  {
    story: 'a variable of another block',
    template: '{{ if 1 }}{{ $x := 1 }}{{ end }}{{ $x }}',
    expected: 'parse: line 1: undefined variable $x',
  },
  {
    story: 'a text that is not closed',
    template: '{{ "abc }}',
    expected: 'parse: line 1: unterminated quoted string',
  },
  {
    story: 'a text with a line break',
    template: '{{ "a\nb" }}',
    expected: 'parse: line 1: unterminated quoted string',
  },
  {
    story: 'a raw text that is not closed',
    template: '{{ `abc }}',
    expected: 'parse: line 1: unterminated raw quoted string',
  },
  {
    story: 'a letter that is not closed',
    template: "{{ 'a }}",
    expected: 'parse: line 1: unterminated character constant',
  },
  {
    story: 'an escape that is none',
    template: '{{ "\\z" }}',
    expected: 'parse: line 1: invalid string literal',
  },
  {
    story: 'a number that is none',
    template: '{{ 12abc }}',
    expected: 'parse: line 1: bad number syntax',
  },
  {
    story: 'a character that means nothing',
    template: '{{ 1 @ 2 }}',
    expected: 'parse: line 1: unexpected @ in operand',
  },
  {
    story: 'a comment that is not closed',
    template: '{{/* a',
    expected: 'parse: line 1: unclosed comment',
  },
  {
    story: 'a comment with something behind it',
    template: '{{/* a */ x }}',
    expected: 'parse: line 1: comment ends before closing delimiter',
  },
  {
    story: 'a parenthesis that is not closed',
    template: '{{ (print 1 }}',
    expected: 'parse: line 1: unclosed left paren',
  },
  {
    story: 'a parenthesis too many',
    template: '{{ print 1) }}',
    expected: 'parse: line 1: unexpected right paren',
  },
  {
    story: 'a pipeline into what is no function',
    template: '{{ 1 | 2 }}',
    expected: 'parse: line 1: non executable command in pipeline stage 2',
  },
  {
    story: 'an empty action',
    template: '{{ }}',
    expected: 'parse: line 1: missing value for command',
  },
  {
    story: 'a break outside of a loop',
    template: '{{ break }}',
    expected: 'parse: line 1: {{break}} outside {{range}}',
  },
  {
    story: 'a continue outside of a loop',
    template: '{{ continue }}',
    expected: 'parse: line 1: {{continue}} outside {{range}}',
  },
  {
    story: 'a definition within a block',
    template: '{{ if 1 }}{{ define "a" }}{{ end }}{{ end }}',
    expected: 'parse: line 1: unexpected {{define}} in command',
  },
  {
    story: 'a template name that is no text',
    template: '{{ template 1 }}',
    expected: 'parse: line 1: unexpected number in template clause',
  },
  {
    story: 'a field of a number',
    template: '{{ 1.a }}',
    expected: 'parse: line 1: bad number syntax',
  },
  {
    story: 'three variables of a loop',
    template: '{{ range $a, $b, $c := . }}{{ end }}',
    expected: 'parse: line 1: too many declarations in range',
  },
])
