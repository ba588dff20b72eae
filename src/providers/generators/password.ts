import type { JsonValue } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { ProviderError } from '../provider.ts'
import { drawBelow, type RandomBytes, shuffle } from './draw.ts'
import type { Generated } from './generated.ts'
import { flag, wholeNumber, word, words, wrong } from './spec.ts'

// ESO's Password: so many digits and symbols (a quarter of the length each, rounded down, unless the spec says
// otherwise), letters for the rest, in an order of chance. Without `allowRepeat` no character occurs twice, which is why
// a length of 105 and more needs it.
//
// Upstream: symbols beyond ASCII are taken byte by byte there and come out as other characters; here they stay
// themselves. A set of symbols with too few different ones never ends there; here it is an error.

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const DIGITS = '0123456789'
const SYMBOLS = '~!@#$%^&*()_+`-={}|[]\\:"<>?,./'
const LENGTH_DEFAULT = 24
/** A Secret holds 1 MiB at most, and several passwords. */
const LENGTH_MAX = 65_536

/** A Password's spec with defaults; counts are characters, not bytes. */
interface Recipe {
  readonly length: number
  readonly digits: number
  readonly symbols: number
  readonly symbolCharacters: string
  readonly noUpper: boolean
  readonly allowRepeat: boolean
}

/** One password for each of `secretKeys`. */
export async function password(
  spec: JsonValue | undefined,
  { randomBytes }: { readonly randomBytes: RandomBytes },
): Promise<Generated> {
  const recipe = recipeOf(spec)
  const encoding = word(spec, 'encoding') ?? 'raw'
  const values = new Map<string, SecretValue>()
  for (const key of secretKeys(spec)) {
    values.set(key, SecretValue.fromText(encoded(drawPassword(recipe, randomBytes), encoding)))
  }
  return values
}

/** Zero and negative lengths mean the default. */
function recipeOf(spec: JsonValue | undefined): Recipe {
  const asked = wholeNumber(spec, 'length') ?? 0
  const length = asked > 0 ? asked : LENGTH_DEFAULT
  if (length > LENGTH_MAX) throw wrong('length', `${LENGTH_MAX} or less`)
  const quarter = Math.floor(length / 4)
  const recipe: Recipe = {
    length,
    digits: wholeNumber(spec, 'digits') ?? quarter,
    symbols: wholeNumber(spec, 'symbols') ?? quarter,
    symbolCharacters: word(spec, 'symbolCharacters') || SYMBOLS,
    noUpper: flag(spec, 'noUpper'),
    allowRepeat: flag(spec, 'allowRepeat'),
  }
  if (recipe.digits < 0) throw wrong('digits', 'zero or more')
  if (recipe.symbols < 0) throw wrong('symbols', 'zero or more')
  if (recipe.digits + recipe.symbols > length) {
    throw new ProviderError('invalid', 'spec.digits and spec.symbols exceed spec.length')
  }
  return recipe
}

/** Each key gets a password of its own. */
function secretKeys(spec: JsonValue | undefined): readonly string[] {
  const keys = words(spec, 'secretKeys')
  if (keys.length === 0) return ['password']
  if (keys.includes('') || new Set(keys).size < keys.length) {
    throw wrong('secretKeys', 'different keys, none of them empty')
  }
  return keys
}

/** Letters, digits and symbols are drawn apart and shuffled, so their counts are exact. */
function drawPassword(recipe: Recipe, randomBytes: RandomBytes): string {
  const { length, digits, symbols, symbolCharacters, noUpper, allowRepeat } = recipe
  const parts: readonly Part[] = [
    { what: 'letters', count: length - digits - symbols, from: noUpper ? LOWER : LOWER + UPPER },
    { what: 'digits', count: digits, from: DIGITS },
    { what: 'symbols', count: symbols, from: symbolCharacters },
  ]
  const used = new Set<string>()
  const drawn: string[] = []
  for (const part of parts) {
    for (const character of drawPart(part, allowRepeat ? undefined : used, randomBytes)) {
      drawn.push(character)
    }
  }
  return shuffle(randomBytes, drawn).join('')
}

/** So many characters out of one alphabet. */
interface Part {
  readonly what: string
  readonly count: number
  readonly from: string
}

/** `used`: what the parts before took, where nothing may repeat. */
function* drawPart(
  { what, count, from }: Part,
  used: Set<string> | undefined,
  randomBytes: RandomBytes,
): Generator<string> {
  const alphabet = [...from]
  const left = [...new Set(alphabet)].filter((character) => used?.has(character) !== true)
  if (used !== undefined && count > left.length) {
    throw new ProviderError(
      'invalid',
      `a password of ${count} ${what} without a repetition needs more than the ${left.length} there are`,
      'shorten spec.length, or set spec.allowRepeat',
    )
  }
  const pool = used === undefined ? alphabet : left
  for (let i = 0; i < count; i++) {
    const at = drawBelow(randomBytes, pool.length)
    const character = pool[at] ?? ''
    if (used !== undefined) pool.splice(at, 1)
    used?.add(character)
    yield character
  }
}

/** An encoding that is none leaves the text as it is, as upstream. */
function encoded(text: string, encoding: string): string {
  const bytes = Buffer.from(text)
  switch (encoding) {
    case 'base64':
      return bytes.toString('base64')
    case 'base64url':
      return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
    case 'base32':
      return base32(bytes)
    case 'hex':
      return bytes.toString('hex')
    default:
      return text
  }
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 with padding. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) text += BASE32[(held >> (bits - 5)) & 31]
  }
  if (bits > 0) text += BASE32[(held << (5 - bits)) & 31]
  return text.padEnd(Math.ceil(text.length / 8) * 8, '=')
}
