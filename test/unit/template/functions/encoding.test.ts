import { testRefusals, testRows } from './rows.ts'

// Upstream: where the input does not decode, the text of the error becomes the value.

testRows('encoding', [
  {
    story: 'b64enc pads',
    template: '{{ b64enc "a" }} {{ b64enc "ab" }} {{ b64enc "abc" }}',
    expected: 'YQ== YWI= YWJj',
  },
  { story: 'b64enc of nothing is nothing', template: '[{{ b64enc "" }}]', expected: '[]' },
  {
    story: 'b64enc takes any bytes',
    template: '{{ b64enc .b }}',
    data: { b: Uint8Array.of(0, 255, 97) },
    expected: 'AP9h',
  },
  {
    story: 'b64dec gives any bytes',
    template: '{{ b64dec "AP9h" | printf "%x" }}',
    expected: '00ff61',
  },
  {
    story: 'b64dec skips line breaks',
    template: '{{ b64dec "aGVs\\r\\nbG8=\\n" }}',
    expected: 'hello',
  },
  {
    story: 'b64dec wants padding',
    template: '{{ b64dec "aGVsbG8" }}',
    expected: 'illegal base64 data at input byte 4',
  },
  {
    story: 'b64dec takes no blank',
    template: '{{ b64dec "aG k=" }}',
    expected: 'illegal base64 data at input byte 2',
  },
  {
    story: 'b64dec takes no URL alphabet',
    template: '{{ b64dec "_-8=" }}',
    expected: 'illegal base64 data at input byte 0',
  },
  {
    story: 'b64dec takes nothing behind the padding',
    template: '{{ b64dec "YQ==YQ==" }}',
    expected: 'illegal base64 data at input byte 4',
  },
  {
    story: 'b64dec does not mind bits that are left over',
    template: '{{ b64dec "YR==" }}',
    expected: 'a',
  },
  { story: 'b64dec undoes b64enc', template: '{{ b64enc "é日😀" | b64dec }}', expected: 'é日😀' },
  {
    story: 'b32enc pads',
    template: '{{ b32enc "a" }} {{ b32enc "abcde" }}',
    expected: 'ME====== MFRGGZDF',
  },
  { story: 'b32dec undoes b32enc', template: '{{ b32enc "é日😀" | b32dec }}', expected: 'é日😀' },
  {
    story: 'b32dec takes no small letters',
    template: '{{ b32dec "me======" }}',
    expected: 'illegal base32 data at input byte 0',
  },
  {
    story: 'b32dec wants padding',
    template: '{{ b32dec "ME" }}',
    expected: 'illegal base32 data at input byte 0',
  },
])

testRefusals('encoding', [
  {
    story: 'b64enc of a number',
    template: '{{ b64enc 5 }}',
    message: 'expected string; found a number',
  },
  { story: 'b64dec of nil', template: '{{ b64dec nil }}', message: 'cannot assign nil to string' },
  {
    story: 'b64dec of a list',
    template: '{{ b64dec (list .s) }}',
    message: 'wrong type for value; expected string; got []interface {}',
  },
])

// hexdec is External Secrets Operator's own, in the same manner.
testRows('encoding', [
  { story: 'hexdec takes both cases', template: '{{ hexdec "4a4B" }}', expected: 'JK' },
  {
    story: 'hexdec of an odd number of digits says so',
    template: '{{ hexdec "123" }}',
    expected: 'encoding/hex: odd length hex string',
  },
  {
    story: 'hexdec names the first bad byte',
    template: '{{ hexdec "zz" }}',
    expected: "encoding/hex: invalid byte: U+007A 'z'",
  },
  { story: 'hexdec of nothing is nothing', template: '[{{ hexdec "" }}]', expected: '[]' },
])
