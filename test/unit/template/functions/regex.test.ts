import { testRefusals, testRows } from './rows.ts'

// Patterns are RE2's, in every function; the `must` twins differ by the error's text only.

testRows('regex', [
  {
    story: 'regexMatch looks anywhere in the text',
    template: '{{ regexMatch "b+" "abbc" }} {{ regexMatch "^b" "abc" }}',
    expected: 'true false',
  },
  {
    story: 'regexMatch of a pattern that does not compile is false',
    template: '{{ regexMatch "a(" "a(" }}',
    expected: 'false',
  },
  {
    story: 'regexMatch knows flags',
    template: '{{ regexMatch "(?i)ABC" "xabc" }}',
    expected: 'true',
  },
  { story: 'regexMatch works on runes', template: '{{ regexMatch "^.$" "é" }}', expected: 'true' },
  { story: 'mustRegexMatch', template: '{{ mustRegexMatch "^[a-z]+$" "abc" }}', expected: 'true' },
  {
    story: 'regexFind gives the first match',
    template: '{{ regexFind "[0-9]+" "a12b345" }}',
    expected: '12',
  },
  {
    story: 'regexFind of no match is nothing',
    template: '[{{ regexFind "z" "abc" }}]',
    expected: '[]',
  },
  {
    story: 'regexFind takes the leftmost, of alternatives the first',
    template: '{{ regexFind "a|ab" "xab" }}',
    expected: 'a',
  },
  {
    story: 'regexFindAll gives all for a negative number',
    template: '{{ regexFindAll "[0-9]" "a1b2c3" -1 | toJson }}',
    expected: '["1","2","3"]',
  },
  {
    story: 'regexFindAll gives at most so many',
    template: '{{ regexFindAll "[0-9]" "a1b2c3" 2 | toJson }}',
    expected: '["1","2"]',
  },
  {
    story: 'regexFindAll of no match is a nil list',
    template: '{{ regexFindAll "z" "abc" -1 | toJson }}',
    expected: 'null',
  },
  {
    story: 'regexFindAll of an empty pattern matches between all letters',
    template: '{{ regexFindAll "" "aé" -1 | len }}',
    expected: '3',
  },
  {
    story: 'regexReplaceAll knows groups',
    template: '{{ regexReplaceAll "a(x*)b" "-ab-axxb-" (print "$" "{1}W") }}',
    expected: '-W-xxW-',
  },
  {
    story: 'regexReplaceAll takes the longest name behind the sign',
    template: '{{ regexReplaceAll "a(x*)b" "-ab-axxb-" "$1W" }}',
    expected: '---',
  },
  {
    story: 'regexReplaceAll knows groups by name',
    template: '{{ regexReplaceAll "(?P<user>\\\\w+)@(\\\\w+)" "bob@example" "$user at $2" }}',
    expected: 'bob at example',
  },
  {
    story: 'regexReplaceAll writes a dollar for two',
    template: '{{ regexReplaceAll "a" "a" "$$1" }}',
    expected: '$1',
  },
  {
    story: 'regexReplaceAll of an empty pattern goes between all letters',
    template: '{{ regexReplaceAll "" "aé" "-" }}',
    expected: '-a-é-',
  },
  {
    story: 'regexReplaceAll works on lines with (?m)',
    template: '{{ regexReplaceAll "(?m)^" "a\\nb" "> " }}',
    expected: '> a\n> b',
  },
  {
    story: 'regexReplaceAllLiteral knows no groups',
    template: '{{ regexReplaceAllLiteral "a(x*)b" "-ab-axxb-" "$1" }}',
    expected: '-$1-$1-',
  },
  {
    story: 'regexSplit keeps empty parts',
    template: '{{ regexSplit "z+" "pizza zz" -1 | toJson }}',
    expected: '["pi","a ",""]',
  },
  {
    story: 'regexSplit gives at most so many parts',
    template: '{{ regexSplit "," "a,b,c" 2 | toJson }}',
    expected: '["a","b,c"]',
  },
  {
    story: 'regexSplit 0 is a nil list',
    template: '{{ regexSplit "," "a,b" 0 | toJson }}',
    expected: 'null',
  },
  {
    story: 'regexSplit of nothing has one empty part',
    template: '{{ regexSplit "," "" -1 | toJson }}',
    expected: '[""]',
  },
  {
    story: 'regexQuoteMeta escapes what means something',
    template: '{{ regexQuoteMeta "1.5*[a]$^-/" }}',
    expected: '1\\.5\\*\\[a\\]\\$\\^-/',
  },
  {
    story: 'a repetition of a repetition takes no time',
    template: '{{ regexMatch "^(a+)+$" (printf "%sX" (repeat 3000 "a")) }}',
    expected: 'false',
  },
])

testRefusals('regex', [
  {
    story: 'mustRegexMatch of a pattern that does not compile',
    template: '{{ mustRegexMatch "a(" .s }}',
    message: 'error calling mustRegexMatch: the pattern is not valid RE2 syntax',
  },
  {
    story: 'regexFind with a look-ahead, which RE2 has not',
    template: '{{ regexFind "a(?=b)" .s }}',
    message: 'error calling regexFind: the pattern is not valid RE2 syntax',
  },
  {
    story: 'regexReplaceAll with a back reference, which RE2 has not',
    template: '{{ regexReplaceAll "(a)\\\\1" .s "x" }}',
    message: 'error calling regexReplaceAll: the pattern is not valid RE2 syntax',
  },
  {
    story: 'regexSplit with a secret that is no pattern',
    template: '{{ regexSplit .p "a" -1 }}',
    data: { p: 'correct horse (battery' },
    message: 'error calling regexSplit: the pattern is not valid RE2 syntax',
  },
  {
    story: 'regexFindAll with a repetition beyond 1000',
    template: '{{ regexFindAll "a{1001}" .s -1 }}',
    message: 'error calling regexFindAll: the pattern is not valid RE2 syntax',
  },
  {
    story: 'regexMatch of a number',
    template: '{{ regexMatch "1" 1 }}',
    message: 'expected string; found a number',
  },
])
