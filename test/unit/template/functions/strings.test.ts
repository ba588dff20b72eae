import { testRefusals, testRows } from './rows.ts'

// Sprig counts bytes where it cuts, and runes where it changes letters.

testRows('strings', [
  {
    story: 'trim takes all that Unicode calls white space',
    template: '[{{ trim .s }}]',
    data: { s: '\u00a0\u2003 a b \t\r\n\u0085' },
    expected: '[a b]',
  },
  {
    story: 'trim leaves a zero width space, which is none',
    template: '[{{ trim .s | len }}]',
    data: { s: '\u200ba\u200b' },
    expected: '[7]',
  },
  { story: 'trim of nothing is nothing', template: '[{{ trim "" }}]', expected: '[]' },
  {
    story: 'trimAll takes any character of its set, from both ends only',
    template: '{{ trimAll "$ " "$ 5$.00 $" }}',
    expected: '5$.00',
  },
  {
    story: 'trimAll works by runes, not by bytes',
    template: '{{ trimAll "é" "éàé" }}',
    expected: 'à',
  },
  {
    story: 'trimAll with an empty set takes nothing',
    template: '{{ trimAll "" " a " }}|',
    expected: ' a |',
  },
  {
    story: 'trimall is the same by its old name',
    template: '{{ trimall "$" "$5.00$" }}',
    expected: '5.00',
  },
  {
    story: 'trimSuffix takes the suffix once',
    template: '{{ trimSuffix "-" "a--" }}',
    expected: 'a-',
  },
  {
    story: 'trimPrefix leaves what does not begin with it',
    template: '{{ trimPrefix "b" "ab" }}',
    expected: 'ab',
  },
  {
    story: 'trimPrefix may take everything',
    template: '[{{ trimPrefix "ab" "ab" }}]',
    expected: '[]',
  },
  {
    story: 'nospace takes white space from the middle, too',
    template: '{{ nospace " a b\\tc\\n" }}',
    expected: 'abc',
  },
  {
    story: 'nospace without white space leaves other letters whole',
    template: '{{ nospace "é" }}',
    expected: 'é',
  },
  { story: 'trunc counts from the front', template: '{{ trunc 3 "abcdef" }}', expected: 'abc' },
  {
    story: 'trunc counts from the back when negative',
    template: '{{ trunc -3 "abcdef" }}',
    expected: 'def',
  },
  {
    story: 'trunc with a negative length beyond the text gives all of it',
    template: '{{ trunc -9 "abc" }}',
    expected: 'abc',
  },
  {
    story: 'trunc with more than there is gives all of it',
    template: '{{ trunc 9 "abc" }}',
    expected: 'abc',
  },
  { story: 'trunc 0 gives nothing', template: '[{{ trunc 0 "abc" }}]', expected: '[]' },
  {
    story: 'trunc cuts a letter beyond ASCII in two',
    template: '{{ trunc 1 "é" | printf "%x" }}',
    expected: 'c3',
  },
  {
    story: 'substr takes from, up to but not including',
    template: '{{ substr 1 3 "abcdef" }}',
    expected: 'bc',
  },
  {
    story: 'substr with a negative start begins at the first byte',
    template: '{{ substr -1 3 "abcdef" }}',
    expected: 'abc',
  },
  {
    story: 'substr with a negative end goes up to the last byte',
    template: '{{ substr 2 -1 "abcdef" }}',
    expected: 'cdef',
  },
  {
    story: 'substr with an end beyond the text stops there',
    template: '{{ substr 2 99 "abcdef" }}',
    expected: 'cdef',
  },
  {
    story: 'abbrev puts three dots within the width',
    template: '{{ abbrev 5 "hello world" }}',
    expected: 'he...',
  },
  { story: 'abbrev leaves what fits', template: '{{ abbrev 5 "hello" }}', expected: 'hello' },
  {
    story: 'abbrev with a width below four does nothing',
    template: '{{ abbrev 3 "hello" }}',
    expected: 'hello',
  },
  {
    story: 'abbrevboth puts dots on both sides',
    template: '{{ abbrevboth 5 10 "1234 5678 9123" }}',
    expected: '...5678...',
  },
  {
    story: 'abbrevboth near the start needs no dots in front',
    template: '{{ abbrevboth 3 8 "1234 5678 9123" }}',
    expected: '1234 ...',
  },
  {
    story: 'upper follows Unicode',
    template: '{{ upper "straße éàñ ǆ" }}',
    expected: 'STRAßE ÉÀÑ Ǆ',
  },
  { story: 'lower follows Unicode', template: '{{ lower "ÀÉÑ ΑΣ İ" }}', expected: 'àéñ ασ i' },
  { story: 'upper leaves what is no letter', template: '{{ upper "1-a_b" }}', expected: '1-A_B' },
  {
    story: 'title begins every word with a capital',
    template: '{{ title "hello wide-world o\'neil a_b" }}',
    expected: "Hello Wide-World O'Neil A_b",
  },
  {
    story: 'title leaves the other letters as they are',
    template: '{{ title "hELLO" }}',
    expected: 'HELLO',
  },
  {
    story: 'untitle begins every word small',
    template: '{{ untitle "Hello WIDE World" }}',
    expected: 'hello wIDE world',
  },
  {
    story: 'swapcase turns each letter round',
    template: '{{ swapcase "This Is A.Test" }}',
    expected: 'tHIS iS a.tEST',
  },
  {
    story: 'initials takes the first letter of each word',
    template: '{{ initials "First Try  second" }}',
    expected: 'FTs',
  },
  { story: 'initials of nothing is nothing', template: '[{{ initials "  " }}]', expected: '[]' },
  {
    story: 'repeat writes a text so many times',
    template: '{{ repeat 3 "ab" }}',
    expected: 'ababab',
  },
  { story: 'repeat 0 gives nothing', template: '[{{ repeat 0 "ab" }}]', expected: '[]' },
  {
    story: 'repeat of nothing costs nothing, however often',
    template: '[{{ repeat 9000000000000000000 "" }}]',
    expected: '[]',
  },
  {
    story: 'indent puts blanks before every line, empty ones as well',
    template: '{{ indent 2 "a\\n\\nb" }}|',
    expected: '  a\n  \n  b|',
  },
  {
    story: 'indent after a last line break writes blanks there',
    template: '[{{ indent 2 "a\\n" }}]',
    expected: '[  a\n  ]',
  },
  {
    story: 'nindent begins on a new line',
    template: 'x:{{ nindent 2 "a\\nb" }}',
    expected: 'x:\n  a\n  b',
  },
  {
    story: 'nindent of nothing is a line break and blanks',
    template: '[{{ nindent 2 "" }}]',
    expected: '[\n  ]',
  },
  {
    story: 'replace takes every occurrence',
    template: '{{ replace " " "-" "a b c" }}',
    expected: 'a-b-c',
  },
  {
    story: 'replace with nothing to look for goes between all letters',
    template: '{{ replace "" "." "aé" }}',
    expected: '.a.é.',
  },
  {
    story: 'replace does not look into what it wrote',
    template: '{{ replace "a" "aa" "aba" }}',
    expected: 'aabaa',
  },
  {
    story: 'wrap breaks at blanks',
    template: '{{ wrap 5 "one two three" }}',
    expected: 'one\ntwo\nthree',
  },
  {
    story: 'wrap leaves a word that is too long',
    template: '{{ wrap 3 "abcdef gh" }}',
    expected: 'abcdef\ngh',
  },
  {
    story: 'wrapWith breaks a word that is too long',
    template: '{{ wrapWith 3 "|" "abcdefgh" }}',
    expected: 'abc|def|gh',
  },
  {
    story: 'wrapWith an empty mark takes a line break',
    template: '{{ wrapWith 2 "" "abc" }}',
    expected: 'ab\nc',
  },
  { story: 'wrap of nothing is nothing', template: '[{{ wrap 5 "" }}]', expected: '[]' },
  {
    story: 'quote escapes as Go writes strings',
    template: '{{ quote .s }}',
    data: { s: 'a"b\\c\n\t\u0000é\u200b' },
    expected: '"a\\"b\\\\c\\n\\t\\x00é\\u200b"',
  },
  {
    story: 'quote writes each value for itself',
    template: '{{ quote "a" 1 true 1.5 }}',
    expected: '"a" "1" "true" "1.5"',
  },
  { story: 'quote leaves nils out', template: '[{{ quote nil "a" nil }}]', expected: '["a"]' },
  { story: 'quote of nothing is nothing', template: '[{{ quote }}]', expected: '[]' },
  { story: 'squote escapes nothing', template: '{{ squote "it\'s" 1 }}', expected: "'it's' '1'" },
  {
    story: 'cat puts blanks between and leaves nils out',
    template: '[{{ cat "a" nil 1 true "b" }}]',
    expected: '[a 1 true b]',
  },
  {
    story: 'cat does not trim what it is given',
    template: '[{{ cat " a " "" "b " }}]',
    expected: '[ a   b ]',
  },
  {
    story: 'plural is for one and for the rest',
    template:
      '{{ plural "one" "many" 1 }} {{ plural "one" "many" 0 }} {{ plural "one" "many" -1 }}',
    expected: 'one many many',
  },
  {
    story: 'toString of a list prints it as Go does',
    template: '{{ toString (list 1 "a" nil) }}',
    expected: '[1 a <nil>]',
  },
  { story: 'toString of nil prints nil', template: '{{ toString nil }}', expected: '<nil>' },
  { story: 'toString of an int is its digits', template: '{{ toString 42 | len }}', expected: '2' },
  {
    story: 'contains looks for the first argument in the second',
    template: '{{ contains "b" "abc" }} {{ contains "abc" "b" }}',
    expected: 'true false',
  },
  { story: 'contains nothing is always so', template: '{{ contains "" "" }}', expected: 'true' },
  {
    story: 'hasPrefix and hasSuffix take the part first',
    template: '{{ hasPrefix "a" "abc" }} {{ hasSuffix "c" "abc" }} {{ hasPrefix "abc" "a" }}',
    expected: 'true true false',
  },
  { story: 'hello greets', template: '{{ hello }}', expected: 'Hello!' },
])

testRefusals('strings', [
  {
    story: 'repeat with a negative count',
    template: '{{ repeat -1 .s }}',
    message: 'error calling repeat: negative repeat count',
  },
  {
    story: 'indent with a negative count',
    template: '{{ indent -1 .s }}',
    message: 'error calling indent: negative repeat count',
  },
  {
    story: 'nindent with a negative count',
    template: '{{ nindent -1 .s }}',
    message: 'error calling nindent: negative repeat count',
  },
  {
    story: 'substr whose start lies beyond the text',
    template: '{{ substr 99 100 .s }}',
    message: 'error calling substr: slice bounds out of range',
  },
  {
    story: 'substr whose end lies before its start',
    template: '{{ substr 3 2 .s }}',
    message: 'error calling substr: slice bounds out of range',
  },
  {
    story: 'trunc of a number',
    template: '{{ trunc 3 4 }}',
    message: 'expected string; found a number',
  },
  {
    story: 'trim of a list',
    template: '{{ trim (list .s) }}',
    message: 'wrong type for value; expected string; got []interface {}',
  },
  { story: 'trim of nil', template: '{{ trim nil }}', message: 'cannot assign nil to string' },
  {
    story: 'upper without an argument',
    template: '{{ upper }}',
    message: 'wrong number of args for upper: want 1 got 0',
  },
  {
    story: 'upper with two arguments',
    template: '{{ upper .s .s }}',
    message: 'wrong number of args for upper: want 1 got 2',
  },
])
