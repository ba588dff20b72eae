import { readFileSync } from 'node:fs'
import type { Family } from './family.ts'
import { mutate, type Random } from './random.ts'

const BITS = [
  'a',
  'b: ',
  ': ',
  ':',
  '- ',
  '-',
  '\n',
  '\n  ',
  ' ',
  '\t',
  '{',
  '}',
  '[',
  ']',
  ',',
  '? ',
  '?',
  '&x ',
  '*x',
  '!!str ',
  '!!int ',
  '!',
  '"',
  "'",
  '|',
  '>',
  '#',
  ' #c',
  '---',
  '...',
  '\n---\n',
  '\r\n',
  '\r',
  '1',
  '0',
  '_',
  '.',
  'e',
  '0x',
  'y',
  'null',
  '~',
  '<<: ',
  '<<',
  '%',
  '@',
  '`',
  '\\',
  '\\n',
  '\\\n',
  'é',
  '\u0085',
  '\u2028',
  '\ufeff',
  '=',
  '+',
  '2',
  '|-\n',
  '>+\n ',
  '!!binary ',
  '!!float ',
  'true',
  '.5',
  '0o7',
  '-1',
  '&y',
  '"x"',
  "'y'",
  '\n\n',
  '   ',
  '!<',
  '%TAG',
  '%YAML 1.1\n',
]
const WORDS = [
  'y',
  'Y',
  'yes',
  'Yes',
  'no',
  'on',
  'OFF',
  'true',
  'TRUE',
  'tRue',
  'null',
  'Null',
  '~',
  '.inf',
  '-.INF',
  '.nan',
  '.NaN',
  '0x1F',
  '0o17',
  '017',
  '0b101',
  '-0x8',
  '+1',
  '1_000',
  '1e5',
  '1E+5',
  '1.',
  '.5',
  '-.5',
  '1.5e-7',
  '00123',
  '0.1.2',
  '190:20:30',
  '2001-12-14',
  '2001-12-14t21:59:43.10-05:00',
  '=',
  '<<',
  '-',
  '+',
  '.',
  '1e400',
  '123456789012345678901',
  '9223372036854775808',
  '-9223372036854775809',
  '0x8000000000000000',
  '1__0',
  '_1',
  '0b2',
  '0o8',
  '08',
  '+.inf',
  '1e',
  '0x',
  'é',
  '日本',
  '"\\x41"',
  "'it''s'",
  '!!str 1',
  '!!int "1"',
  '!!float 1',
  '!!bool yes',
  '!!binary aGk=',
  '!!null ""',
]
const DIGITS = [...'0123456789']

/** Documents that the vectors ask about: mutations of them reach corners that no grammar of ours has. */
const corpus: readonly string[] = readFileSync('test/vectors/yaml.jsonl', 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line).in)
  .map(({ yaml, stream }) => yaml ?? stream)
  .filter((text) => typeof text === 'string' && text.length < 300)

function scalar(random: Random): string {
  const choice = random.below(4)
  if (choice === 0) return random.pick(WORDS)
  if (choice === 1)
    return mutate(random, random.pick(WORDS), ['_', '.', 'e', '-', '0', 'x', ':', ' '])
  const digits = random.several(18, () => random.pick(DIGITS))
  const fraction = random.chance(0.6) ? `.${random.several(17, () => random.pick(DIGITS))}` : ''
  const exponent = random.chance(0.3) ? `${random.pick(['e', 'E+', 'e-'])}${random.below(60)}` : ''
  return random.pick(['', '', '-', '+']) + digits + fraction + exponent
}

function mutated(random: Random): string {
  let text = random.pick(corpus)
  for (let left = 1 + random.below(4); left > 0; left--) {
    if (random.chance(0.6)) text = mutate(random, text, BITS)
    else text = spliced(random, text, random.pick(corpus))
  }
  return text
}

/** A piece of another document in the middle, or the rest of it instead of our own. */
function spliced(random: Random, text: string, other: string): string {
  const at = random.below(text.length + 1)
  const from = random.below(other.length + 1)
  return random.chance(0.5)
    ? text.slice(0, at) + other.slice(from, from + random.below(12)) + text.slice(at)
    : text.slice(0, at) + other.slice(from)
}

function document(random: Random): string {
  const choice = random.below(10)
  if (choice < 4) return random.pick(['a: ', '', '- ', '? ', 'k: ["x", ']) + scalar(random)
  if (choice === 4) return random.several(12, () => random.pick(BITS))
  if (choice === 5) return random.several(4, () => `${scalar(random)}: ${scalar(random)}\n`)
  return mutated(random)
}

/** What sigs.k8s.io/yaml makes of a document: JSON, strict JSON, or a map of strings. */
export const yaml: Family = {
  name: 'yaml',
  weight: 4,
  ask: (random) => ({
    call: random.chance(0.7) ? 'yaml' : 'yaml-stringmap',
    // go-yaml loses a character behind a second byte order mark: a bug that nobody's manifests rely on.
    yaml: document(random).replace(/^\ufeff+/, '\ufeff'),
  }),
}
