import { bytesArgument, type Family } from './family.ts'
import type { Random } from './random.ts'

const CLASSES =
  String.raw`\d \w \s \D \W \S \pL \PL \p{Greek} \p{^Lu} \p{lowercase_letter} \p{Nd} \p{any} \p{ascii} \p{ASCII}
\p{Old_Italic} \p{Emoji} [[:alpha:]] [^[:space:]] [[:word:]a-] [a-c] [^a] []a] [^]a] [\w-] [a-\d] [z-a] [é-ü] [\pL\d] [^\PL]
[\x{100}-\x{200}] \p{L&} \pN \p{Script=Greek} \p{digit} \p{LC} \p{Assigned} \p{Cn} [[:^digit:]a] [[:nope:]] [a-] [-a] [a\]b] [\-x]
\p{Han} [^\n] [\b] [[] [^] []`.split(/\s+/)

const ATOMS =
  String.raw`a b c é 日 . / - _ 1 x \. \/ \x41 \x{e9} \n \t \Qa.b\E \Q( ^ $ \b \B \A \z \Z \C \1 \a \e \07 \123 \x4 S k K
ſ \- \_ \é A (?i) (?s) (?m) (?U) (?-i) (?im-s) (?P<n>a) (?<m>b) (?P<n>c (?P<1n>a) (?P<é>a) (?P=n) (?=a) (?!a) (?<=a) { } ] ) a{
\0 \8 \pé \p \k<n> \d-z (?i:K) (?#c) (?>a) () (|a) (?:) (?i)ß \x{10FFFF} \x{110000} \E \Q \G \R \X \h`.split(
    /\s+/,
  )

const REPEATS =
  `* + ? *? +? ?? {2} {1,} {0,2} {1,2}? {2,1} {1001} {1000} {,2} ** {0} *+ {01} {3}{2} {1}{1} { {a}`.split(
    ' ',
  )
const OPENINGS = ['(', '(?:', '(?P<n>', '(?i:', '(?<q1>', '(?s-i:', '(?m:', '(?U:']
const SUBJECTS = [...'abcé日./-_1 \nAKſαⅧ😀x\tßsSİıǅ\u2028\u212a\0', 'aa', 'ab', 'FOO_', '\r\n']
const REPLACEMENTS =
  String.raw`$1 ${'$'}{1} $0 $n ${'$'}{n} $q1 $$ $ ${'$'}{ x é $1x ${'$'}{2} $é $01 ${'$'}{1n} $1n $10 $- \1 $_ $1_`.split(
    ' ',
  )
/** Bytes that no UTF-8 text holds, or only the beginning of one. */
const STRAY_BYTES = [0xff, 0x80, 0xc3, 0xe2, 0xed]

/** A pattern, mostly of valid RE2; also drawn by the template functions that take one. */
export function pattern(random: Random, depth = 2): string {
  let source = ''
  for (let left = 1 + random.below(4); left > 0; left--) {
    const isGroup = depth > 0 && random.chance(0.25)
    if (isGroup) source += `${random.pick(OPENINGS)}${pattern(random, depth - 1)})`
    else source += random.pick(random.chance(0.4) ? CLASSES : ATOMS)
    if (random.chance(0.35)) source += random.pick(REPEATS)
    if (random.chance(0.15)) source += '|'
  }
  return source
}

function subject(random: Random): Buffer {
  const bytes = Buffer.from(random.several(8, () => random.pick(SUBJECTS)))
  if (bytes.length > 0 && random.chance(0.15)) {
    bytes[random.below(bytes.length)] = random.pick(STRAY_BYTES)
  }
  return bytes
}

/** Go's regexp: what matches, where, and what a replacement makes of it. */
export const patterns: Family = {
  name: 'patterns',
  weight: 4,
  ask: (random) => {
    const source = pattern(random)
    const text = bytesArgument(subject(random))
    switch (random.below(3)) {
      case 0:
        return { call: 'match', pattern: source, name: text }
      case 1:
        return { call: 'submatch', pattern: source, input: text }
      default: {
        const target = random.several(4, () => random.pick(REPLACEMENTS))
        return { call: 'replace', source, target, key: text }
      }
    }
  },
}
