import { testRefusals, testRows } from './functions/rows.ts'

// Go's fmt, through text/template's print, printf and println.

testRows('printf', [
  {
    story: '%v of each kind of value',
    template: '{{ printf "%v %v %v %v %v" 1 1.5 "a" true nil }}',
    expected: '1 1.5 a true <nil>',
  },
  {
    story: '%v of a list and a dict',
    template: '{{ printf "%v %v" (list 1 "a" nil) (dict "b" 1 "a" "x") }}',
    expected: '[1 a <nil>] map[a:x b:1]',
  },
  {
    story: '%+v and %#v say more',
    template: '{{ printf "%#v %#v %#v" (list 1 "a") (dict "a" 1) "x" }}',
    expected: '[]interface {}{1, "a"} map[string]interface {}{"a":1} "x"',
  },
  {
    story: '%T names the type',
    template: '{{ printf "%T %T %T %T" 1 1.5 "a" (list) }}',
    expected: 'int float64 string []interface {}',
  },
  {
    story: '%d takes width, zeros and signs',
    template: '{{ printf "[%5d] [%-5d] [%05d] [%+d] [% d]" 42 42 42 42 42 }}',
    expected: '[   42] [42   ] [00042] [+42] [ 42]',
  },
  {
    story: '%x, %o, %b write other bases',
    template: '{{ printf "%x %X %o %b %#x %#o %#b" 255 255 8 5 255 8 5 }}',
    expected: 'ff FF 10 101 0xff 010 0b101',
  },
  {
    story: '%c and %U show a code point',
    template: '{{ printf "%c %U %#U" 233 233 233 }}',
    expected: "é U+00E9 U+00E9 'é'",
  },
  {
    story: '%q of a number is a quoted letter',
    template: '{{ printf "%q" 39 }}',
    expected: "'\\''",
  },
  {
    story: '%q of a text escapes it',
    template: '{{ printf "%q" .b }}',
    data: { b: Uint8Array.of(0, 255, 97, 195, 40) },
    expected: '"\\x00\\xffa\\xc3("',
  },
  {
    story: '%+q leaves nothing but ASCII',
    template: '{{ printf "%+q" "é😀" }}',
    expected: '"\\u00e9\\U0001f600"',
  },
  {
    story: '%#q takes back quotes where it can',
    template: '{{ printf "%#q %#q" "a\\"b" "a`b" }}',
    expected: '`a"b` "a`b"',
  },
  {
    story: '%x of a text writes its bytes',
    template: '{{ printf "%x % x %#x" "abc" "abc" "é" }}',
    expected: '616263 61 62 63 0xc3a9',
  },
  {
    story: '%s takes width and precision in letters',
    template: '{{ printf "[%5s] [%-5s] [%.2s]" "é" "é" "日本語" }}',
    expected: '[    é] [é    ] [日本]',
  },
  {
    story: '%s of a number is a fault within the text',
    template: '{{ printf "%s" 5 }}',
    expected: '%!s(int=5)',
  },
  {
    story: '%d of a text is one, too',
    template: '{{ printf "%d" "a" }}',
    expected: '%!d(string=a)',
  },
  {
    story: 'a verb that is none is one, too',
    template: '{{ printf "%z" 1 }}',
    expected: '%!z(int=1)',
  },
  {
    story: 'what is missing is said',
    template: '{{ printf "%d %d" 1 }}',
    expected: '1 %!d(MISSING)',
  },
  {
    story: 'what is left over is said',
    template: '{{ printf "%d" 1 "a" }}',
    expected: '1%!(EXTRA string=a)',
  },
  {
    story: 'a per cent sign at the end is said',
    template: '{{ printf "50%" }}',
    expected: '50%!(NOVERB)',
  },
  { story: 'two per cent signs are one', template: '{{ printf "50%%" }}', expected: '50%' },
  {
    story: '%f takes a precision',
    template: '{{ printf "%f %.2f %8.3f|%-8.1f|" 1.5 2.345 3.14159 2.5 }}',
    expected: '1.500000 2.35    3.142|2.5     |',
  },
  {
    story: '%e and %g choose an exponent',
    template: '{{ printf "%e %g %g %G" 123456.789 1e21 1e-7 1e-7 }}',
    expected: '1.234568e+05 1e+21 1e-07 1E-07',
  },
  {
    story: '%.3g keeps three digits',
    template: '{{ printf "%.3g %.3g" 1234.5 0.00012345 }}',
    expected: '1.23e+03 0.000123',
  },
  {
    story: '%v of a large float has an exponent',
    template: '{{ print 1e20 }} {{ print 1e21 }} {{ print 123456789.0 }}',
    expected: '1e+20 1e+21 1.23456789e+08',
  },
  {
    story: 'infinity has a sign',
    template: '{{ printf "%v %f" (float64 "Inf") (float64 "-Inf") }}',
    expected: '+Inf -Inf',
  },
  { story: '%t of a boolean', template: '{{ printf "%t %v" true false }}', expected: 'true false' },
  {
    story: 'a star takes the width from the arguments',
    template: '{{ printf "[%*d] [%-*d]" 5 42 5 42 }}',
    expected: '[   42] [42   ]',
  },
  {
    story: 'an index takes an argument out of turn',
    template: '{{ printf "%[2]d %[1]d" 1 2 }}',
    expected: '2 1',
  },
  {
    story: 'an index beyond the arguments is said',
    template: '{{ printf "%[5]d" 1 }}',
    expected: '%!d(BADINDEX)',
  },
  {
    story: '%v of nil within a list',
    template: '{{ printf "%v %d" (list nil) (list 1 2) }}',
    expected: '[<nil>] [1 2]',
  },
  {
    story: '%s of a list of texts',
    template: '{{ printf "%s %q" (splitList "," "a,b") (splitList "," "a,b") }}',
    expected: '[a b] ["a" "b"]',
  },
  {
    story: 'print puts blanks between values of which neither is a text',
    template: '{{ print 1 2 "a" "b" 3 true nil }}',
    expected: '1 2ab3 true <nil>',
  },
  {
    story: 'println puts them everywhere, and a line break at the end',
    template: '{{ println 1 "a" 2.5 }}|',
    expected: '1 a 2.5\n|',
  },
  {
    story: 'html and js escape',
    template: '{{ html "<a href=\'x\'>&\\"" }} {{ js "<a>\'\\"\\\\n=" }}',
    expected: '&lt;a href=&#39;x&#39;&gt;&amp;&#34; \\u003Ca\\u003E\\\'\\"\\\\n\\u003D',
  },
  {
    story: 'bytes that are no UTF-8 print as they are',
    template: '{{ printf "%s" .b | b64enc }}',
    data: { b: Uint8Array.of(0, 255, 97, 195, 40) },
    expected: 'AP9hwyg=',
  },
])

testRefusals('printf', [
  {
    story: 'printf without a format',
    template: '{{ printf }}',
    message: 'wrong number of args for printf: want at least 1 got 0',
  },
  {
    story: 'printf with a format that is no text',
    template: '{{ printf 5 .s }}',
    message: 'expected string; found a number',
  },
])
