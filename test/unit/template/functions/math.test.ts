import { testRefusals, testRows } from './rows.ts'

// Integers are int64 and wrap around; what is no number counts as 0. The functions that end in f compute in decimal.

testRows('math', [
  {
    story: 'add takes any number of numbers',
    template: '{{ add 1 2 3 }} {{ add }}',
    expected: '6 0',
  },
  { story: 'add reads texts as numbers', template: '{{ add "1" 2 }}', expected: '3' },
  { story: 'add takes a text that is no number for 0', template: '{{ add "x" 2 }}', expected: '2' },
  { story: 'add drops what is behind the point', template: '{{ add 1.9 1.9 }}', expected: '2' },
  {
    story: 'add wraps around',
    template: '{{ add 9223372036854775807 1 }}',
    expected: '-9223372036854775808',
  },
  {
    story: 'sub wraps around',
    template: '{{ sub -9223372036854775807 2 }}',
    expected: '9223372036854775807',
  },
  { story: 'mul wraps around', template: '{{ mul 9223372036854775807 2 }}', expected: '-2' },
  { story: 'add1 adds one', template: '{{ add1 "41" }}', expected: '42' },
  {
    story: 'div drops the rest, towards zero',
    template: '{{ div 7 2 }} {{ div -7 2 }}',
    expected: '3 -3',
  },
  {
    story: 'mod has the sign of the dividend',
    template: '{{ mod 7 3 }} {{ mod -7 3 }} {{ mod 7 -3 }}',
    expected: '1 -1 1',
  },
  {
    story: 'div of the lowest int64 by -1 wraps around',
    template: '{{ div -9223372036854775808 -1 }}',
    expected: '-9223372036854775808',
  },
  { story: 'true counts as one', template: '{{ add true true false }}', expected: '2' },
  { story: 'nil counts as nothing', template: '{{ add nil 1 }}', expected: '1' },
  {
    story: 'max and min take any number',
    template: '{{ max 1 "9" 3 }} {{ min 1 "-9" 3 }} {{ biggest 1 2 }}',
    expected: '9 -9 2',
  },
  { story: 'max drops what is behind the point', template: '{{ max 1.9 1 }}', expected: '1' },
  { story: 'addf is exact in decimal', template: '{{ addf 0.1 0.2 }}', expected: '0.3' },
  {
    story: 'subf and mulf are exact in decimal',
    template: '{{ subf 0.3 0.1 }} {{ mulf 1.1 1.1 }}',
    expected: '0.2 1.21',
  },
  {
    story: 'divf keeps sixteen digits',
    template: '{{ divf 1 3 }} {{ divf 2 3 }}',
    expected: '0.3333333333333333 0.6666666666666667',
  },
  { story: 'divf goes on with each further number', template: '{{ divf 8 2 2 }}', expected: '2' },
  { story: 'add1f adds one', template: '{{ add1f 0.5 }}', expected: '1.5' },
  {
    story: 'maxf and minf keep what is behind the point',
    template: '{{ maxf 1 2.5 "3.5" }} {{ minf 1 0.5 }}',
    expected: '3.5 0.5',
  },
  {
    story: 'ceil and floor give floats',
    template: '{{ ceil 1.1 }} {{ floor -1.1 }} {{ ceil 2 | typeOf }}',
    expected: '2 -2 float64',
  },
  {
    story: 'round goes away from zero at half',
    template: '{{ round 2.5 0 }} {{ round 123.555555 3 }}',
    expected: '3 123.556',
  },
  { story: 'round takes where to go up', template: '{{ round 0.4 0 0.3 }}', expected: '1' },
  { story: 'round takes negative places', template: '{{ round 1234 -2 }}', expected: '1200' },
  {
    story: 'int reads prefixes and underscores as Go does',
    template: '{{ int "0x1f" }} {{ int "0b11" }} {{ int "0o17" }} {{ int "1_000" }}',
    expected: '31 3 15 1000',
  },
  { story: 'int takes a leading zero for octal', template: '{{ int "010" }}', expected: '8' },
  {
    story: 'int of a text with a point keeps what is before it',
    template: '{{ int "1.9" }} {{ int "-1.9" }} {{ int ".9" }}',
    expected: '1 -1 0',
  },
  { story: 'int of a text with an exponent is 0', template: '{{ int "1e3" }}', expected: '0' },
  {
    story: 'int of a text that overflows is 0',
    template: '{{ int "9223372036854775808" }}',
    expected: '0',
  },
  {
    story: 'int of a float that overflows is the lowest int64',
    template: '{{ int 1e19 }}',
    expected: '-9223372036854775808',
  },
  { story: 'int of white space around digits is 0', template: '{{ int " 1" }}', expected: '0' },
  {
    story: 'int64 is another type than int',
    template: '{{ int64 "5" | typeOf }} {{ int "5" | typeOf }}',
    expected: 'int64 int',
  },
  {
    story: 'float64 reads exponents and hexadecimal',
    template: '{{ float64 "1e3" }} {{ float64 "0x1p4" }}',
    expected: '1000 16',
  },
  {
    story: 'float64 of a number beyond the range is 0',
    template: '{{ float64 "1e999" }}',
    expected: '0',
  },
  {
    story: 'float64 of Inf is infinite',
    template: '{{ float64 "Inf" }} {{ float64 "-inf" }}',
    expected: '+Inf -Inf',
  },
  {
    story: 'atoi reads decimal digits only',
    template: '{{ atoi "42" }} {{ atoi "0x10" }} {{ atoi "1.5" }}',
    expected: '42 0 0',
  },
  {
    story: 'atoi stops at the largest int',
    template: '{{ atoi "99999999999999999999" }} {{ atoi "-99999999999999999999" }}',
    expected: '9223372036854775807 -9223372036854775808',
  },
  {
    story: 'toDecimal reads octal',
    template: '{{ toDecimal "777" }} {{ toDecimal 755 }} {{ toDecimal "8" }}',
    expected: '511 493 0',
  },
  { story: 'seq counts up from one', template: '{{ seq 3 }}', expected: '1 2 3' },
  {
    story: 'seq counts down by itself',
    template: '{{ seq -2 }} | {{ seq 3 1 }}',
    expected: '1 0 -1 -2 | 3 2 1',
  },
  {
    story: 'seq takes start, step, end',
    template: '{{ seq 1 2 6 }} | {{ seq 5 -2 0 }}',
    expected: '1 3 5 | 5 3 1',
  },
  { story: 'seq away from its end gives nothing', template: '[{{ seq 5 1 0 }}]', expected: '[]' },
  {
    story: 'untilStep stops before its end',
    template: '{{ untilStep 1 7 3 | toJson }} {{ untilStep 5 0 -2 | toJson }}',
    expected: '[1,4] [5,3,1]',
  },
  {
    story: 'untilStep that would never end is empty',
    template: '{{ untilStep 0 5 0 | toJson }} {{ untilStep 0 5 -1 | toJson }}',
    expected: '[] []',
  },
])

testRefusals('math', [
  {
    story: 'div by zero',
    template: '{{ div 1 0 }}',
    message: 'error calling div: integer divide by zero',
  },
  {
    story: 'div by a text that is no number',
    template: '{{ div 1 .s }}',
    message: 'error calling div: integer divide by zero',
  },
  {
    story: 'mod by zero',
    template: '{{ mod 1 .s }}',
    message: 'error calling mod: integer divide by zero',
  },
  {
    story: 'divf by zero',
    template: '{{ divf 1 .s }}',
    message: 'error calling divf: decimal division by 0',
  },
  {
    story: 'addf of infinity',
    template: '{{ addf 1 (float64 "Inf") }}',
    message: 'error calling addf: no decimal of an infinite number',
  },
  {
    story: 'atoi of a number',
    template: '{{ atoi 1 }}',
    message: 'expected string; found a number',
  },
  {
    story: 'round without places',
    template: '{{ round 1.5 }}',
    message: 'wrong number of args for round: want at least 2 got 1',
  },
  {
    story: 'until of a text',
    template: '{{ until .s }}',
    message: 'wrong type for value; expected int; got string',
  },
  {
    story: 'seq of a text',
    template: '{{ seq .s }}',
    message: 'wrong type for value; expected int; got string',
  },
])
