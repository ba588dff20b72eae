import { testRefusals, testRows } from './rows.ts'

// Hashes are of bytes, and given in hexadecimal.

testRows('hashes', [
  {
    story: 'sha1sum',
    template: '{{ sha1sum "Hello world!" }}',
    expected: 'd3486ae9136e7856bc42212385ea797094475802',
  },
  {
    story: 'sha256sum',
    template: '{{ sha256sum "Hello world!" }}',
    expected: 'c0535e4be2b79ffd93291305436bf889314e4a3faec05ecffcbb7df31ad9e51a',
  },
  {
    story: 'sha256sum of nothing',
    template: '{{ sha256sum "" }}',
    expected: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  },
  {
    story: 'sha256sum of bytes that are no UTF-8',
    template: '{{ sha256sum .b }}',
    data: { b: Uint8Array.of(0, 255, 97) },
    expected: 'da8509555ad27dac0593c6952d947eff96058cb6e81376f852f54ef9caf7e652',
  },
  {
    story: 'sha512sum',
    template: '{{ sha512sum "é" | trunc 32 }}',
    expected: '9e2ad28633f24451bd4f3c1cb20586a2',
  },
  {
    story: 'adler32sum is a decimal number',
    template: '{{ adler32sum "Hello world!" }} {{ adler32sum "" }}',
    expected: '487130206 1',
  },
  {
    story: 'derivePassword is the Master Password algorithm',
    template: '{{ derivePassword 1 "long" "password" "user" "example.com" }}',
    expected: 'ZedaFaxcZaso9*',
  },
  {
    story: 'derivePassword of an unknown template says so in the value',
    template: '{{ derivePassword 1 "huge" "password" "user" "example.com" }}',
    expected: 'cannot find password template huge',
  },
  {
    story: 'decryptAES opens what Sprig encrypted',
    template: '{{ decryptAES "secretkey" "30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=" }}',
    expected: 'plaintext',
  },
  {
    story: 'encryptAES of nothing is nothing',
    template: '[{{ encryptAES "k" "" }}]',
    expected: '[]',
  },
  {
    story: 'decryptAES of nothing is nothing',
    template: '[{{ decryptAES "k" "" }}]',
    expected: '[]',
  },
  {
    story: 'bcrypt of a text beyond 72 bytes gives the error as the value',
    template: '{{ bcrypt (repeat 73 "a") }}',
    expected: 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes',
  },
])

testRefusals('hashes', [
  {
    story: 'decryptAES of a text that is no base64',
    template: '{{ decryptAES "k" .s }}',
    message: 'error calling decryptAES: the cipher text is not base64',
  },
  {
    story: 'derivePassword with a negative counter',
    template: '{{ derivePassword -1 "long" .s "user" "site" }}',
    message: 'expected unsigned integer; found a number',
  },
  {
    story: 'sha256sum of a number',
    template: '{{ sha256sum 5 }}',
    message: 'expected string; found a number',
  },
  {
    story: 'sha256sum of nil',
    template: '{{ sha256sum nil }}',
    message: 'cannot assign nil to string',
  },
])

// htpasswd takes the algorithm, as External Secrets Operator's Sprig does.
testRows('hashes', [
  {
    story: 'htpasswd with sha is the same at every rendering',
    template: '{{ htpasswd "foo1" .p "sha" }}',
    data: { p: "FZ4jR;l]ON;pHKi=_'zh79P" },
    expected: 'foo1:{SHA}wtdJD6OIjUniEJkTlewnKzfFxA4=',
  },
  {
    story: 'htpasswd of nobody with no password',
    template: '{{ htpasswd "" "" "sha" }}',
    expected: ':{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
  },
  {
    story: 'htpasswd refuses a name with a colon in the value',
    template: '{{ htpasswd "a:b" "c" "sha" }}',
    expected: 'invalid username: a:b',
  },
  {
    story: 'htpasswd with a password beyond 72 bytes gives the error as the value',
    template: '{{ htpasswd "a" (repeat 73 "b") "" }}',
    expected: 'a:failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes',
  },
])
