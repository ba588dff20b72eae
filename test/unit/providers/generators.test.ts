import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject, JsonValue } from '../../../src/model/json.ts'
import { drawBelow, shuffle } from '../../../src/providers/generators/draw.ts'
import {
  controllerClassOf,
  generate,
  isRandom,
} from '../../../src/providers/generators/generate.ts'

const sources = {
  randomBytes: (length: number) => Uint8Array.from(randomBytes(length)),
  context: undefined,
}

function generator(kind: string, spec?: JsonObject): JsonObject {
  return { apiVersion: 'generators.external-secrets.io/v1alpha1', kind, spec }
}

async function made(object: JsonObject): Promise<Readonly<Record<string, string>>> {
  const answer = await generate(object, sources)
  assert.ok(answer.outcome === 'generated', JSON.stringify(answer))
  return Object.fromEntries(
    [...answer.data].map(([key, value]) => [key, new TextDecoder().decode(value.reveal())]),
  )
}

async function refusal(object: JsonObject): Promise<string> {
  const answer = await generate(object, sources)
  assert.ok(answer.outcome === 'failed', answer.outcome)
  const { code, message } = answer.failure
  return `${code}: ${message}`
}

const password = async (spec?: JsonObject): Promise<string> =>
  (await made(generator('Password', spec))).password ?? ''

interface Counts {
  readonly letters: number
  readonly digits: number
  readonly symbols: number
}

function count(text: string): Counts {
  const letters = text.replace(/[^A-Za-z]/g, '').length
  const digits = text.replace(/[^0-9]/g, '').length
  return { letters, digits, symbols: [...text].length - letters - digits }
}

test('Password: 24 characters, a quarter digits and a quarter symbols, none twice', async () => {
  const text = await password()
  assert.deepEqual(count(text), { letters: 12, digits: 6, symbols: 6 })
  assert.equal(new Set(text).size, 24)
})

const recipes: readonly (readonly [string, JsonObject, Counts])[] = [
  ['a quarter is rounded down', { length: 7 }, { letters: 5, digits: 1, symbols: 1 }],
  ['a length of 0 means the default', { length: 0 }, { letters: 12, digits: 6, symbols: 6 }],
  ['a negative length, too', { length: -3 }, { letters: 12, digits: 6, symbols: 6 }],
  [
    'digits and symbols as asked',
    { length: 10, digits: 3, symbols: 2 },
    { letters: 5, digits: 3, symbols: 2 },
  ],
  [
    'no digits, no symbols',
    { length: 9, digits: 0, symbols: 0 },
    { letters: 9, digits: 0, symbols: 0 },
  ],
  ['no letters', { length: 4, digits: 2, symbols: 2 }, { letters: 0, digits: 2, symbols: 2 }],
  ['null counts as absent', { length: 8, digits: null }, { letters: 4, digits: 2, symbols: 2 }],
  ['the longest without a repetition', { length: 40 }, { letters: 20, digits: 10, symbols: 10 }],
  [
    'longer with repetitions',
    { length: 400, allowRepeat: true },
    { letters: 200, digits: 100, symbols: 100 },
  ],
]
for (const [story, spec, counts] of recipes) {
  test(`Password: ${story}`, async () => {
    assert.deepEqual(count(await password(spec)), counts)
  })
}

test('Password: any recipe that can be met is met, with nothing twice unless allowed', async () => {
  const recipe = fc.record({
    digits: fc.integer({ min: 0, max: 10 }),
    symbols: fc.integer({ min: 0, max: 20 }),
    letters: fc.integer({ min: 0, max: 26 }),
    noUpper: fc.boolean(),
    allowRepeat: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(recipe, async ({ digits, symbols, letters, noUpper, allowRepeat }) => {
      fc.pre(digits + symbols + letters > 0)
      const length = digits + symbols + letters
      const text = await password({ length, digits, symbols, noUpper, allowRepeat })
      assert.deepEqual(count(text), { letters, digits, symbols })
      if (noUpper) assert.equal(text, text.toLowerCase())
      if (!allowRepeat) assert.equal(new Set(text).size, length)
    }),
    { numRuns: 60 },
  )
})

test('Password: symbols come from symbolCharacters, and an empty set means the default one', async () => {
  const own = await password({
    length: 40,
    digits: 0,
    symbols: 20,
    symbolCharacters: '-_',
    allowRepeat: true,
  })
  assert.match(own, /^[A-Za-z_-]+$/)
  assert.equal(count(await password({ symbolCharacters: '' })).symbols, 6)
  assert.match(
    await password({ length: 2, digits: 0, symbols: 2, symbolCharacters: '€ß' }),
    /^(€ß|ß€)$/,
  )
})

test('Password: every character of the default sets can occur', async () => {
  const seen = new Set(await password({ length: 20_000, allowRepeat: true }))
  assert.equal(seen.size, 26 + 26 + 10 + 30)
})

test('Password: kinds of characters stand in no order', async () => {
  const first = new Set<string>()
  for (let i = 0; i < 200; i++)
    first.add((await password()).replace(/[A-Za-z]/g, 'a').replace(/\d/g, '0')[0] ?? '')
  assert.ok(first.has('a') && first.has('0') && first.size > 2)
})

const encodings: readonly (readonly [string, RegExp, (text: string) => Buffer | undefined])[] = [
  ['base64', /^[A-Za-z0-9+/]+=*$/, (text) => Buffer.from(text, 'base64')],
  ['base64url', /^[A-Za-z0-9_-]+=*$/, (text) => Buffer.from(text, 'base64url')],
  ['hex', /^[0-9a-f]+$/, (text) => Buffer.from(text, 'hex')],
  ['base32', /^[A-Z2-7]+=*$/, fromBase32],
]
for (const [encoding, form, decode] of encodings) {
  test(`Password: ${encoding} is an encoding of the text, padded`, async () => {
    for (let length = 8; length < 16; length++) {
      const text = await password({ length, encoding })
      assert.match(text, form)
      assert.deepEqual(count(decode(text)?.toString() ?? ''), count(await password({ length })))
      if (encoding === 'base32') assert.equal(text.length % 8, 0)
      if (encoding.startsWith('base64')) assert.equal(text.length % 4, 0)
    }
  })
}

function fromBase32(text: string): Buffer {
  const bits = [...text.replace(/=+$/, '')]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('')
  const bytes = bits.match(/[01]{8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))
}

test('Password: raw and an unknown encoding leave the text as it is', async () => {
  for (const encoding of ['raw', 'rot13']) {
    assert.equal((await password({ encoding })).length, 24)
  }
})

test('Password: every one of secretKeys gets a password of its own', async () => {
  const values = await made(generator('Password', { secretKeys: ['admin', 'reader', '__proto__'] }))
  assert.deepEqual(Object.keys(values).sort(), ['__proto__', 'admin', 'reader'])
  assert.equal(new Set(Object.values(values)).size, 3)
})

const refusals: readonly (readonly [string, string, JsonObject, string])[] = [
  [
    'Password',
    'more digits and symbols than characters',
    { length: 4, digits: 3, symbols: 2 },
    'invalid: spec.digits and spec.symbols exceed spec.length',
  ],
  ['Password', 'negative digits', { digits: -1 }, 'invalid: spec.digits must be zero or more'],
  ['Password', 'negative symbols', { symbols: -1 }, 'invalid: spec.symbols must be zero or more'],
  [
    'Password',
    'too many digits without a repetition',
    { length: 60, digits: 11, symbols: 0 },
    'invalid: a password of 11 digits without a repetition needs more than the 10 there are',
  ],
  [
    'Password',
    'too many letters without a repetition',
    { length: 60, digits: 0, symbols: 0 },
    'invalid: a password of 60 letters without a repetition needs more than the 52 there are',
  ],
  [
    'Password',
    'too few different symbols',
    { length: 8, symbols: 3, symbolCharacters: '!!!' },
    'invalid: a password of 3 symbols without a repetition needs more than the 1 there are',
  ],
  [
    'Password',
    'an empty secret key',
    { secretKeys: ['a', ''] },
    'invalid: spec.secretKeys must be different keys, none of them empty',
  ],
  [
    'Password',
    'a secret key twice',
    { secretKeys: ['a', 'a'] },
    'invalid: spec.secretKeys must be different keys, none of them empty',
  ],
  [
    'Password',
    'a length that nothing can hold',
    { length: 1e9, allowRepeat: true },
    'invalid: spec.length must be 65536 or less',
  ],
  [
    'Password',
    'a length that is no number',
    { length: '24' },
    'invalid: spec.length must be a whole number',
  ],
  [
    'Password',
    'a length that is no whole number',
    { length: 1.5 },
    'invalid: spec.length must be a whole number',
  ],
  [
    'Password',
    'a switch that is none',
    { noUpper: 'yes' },
    'invalid: spec.noUpper must be true or false',
  ],
  [
    'Password',
    'symbols that are no text',
    { symbolCharacters: 1 },
    'invalid: spec.symbolCharacters must be text',
  ],
  [
    'Password',
    'keys that are no list',
    { secretKeys: 'a' },
    'invalid: spec.secretKeys must be a list of texts',
  ],
  [
    'Password',
    'a key that is no text',
    { secretKeys: [1] },
    'invalid: spec.secretKeys must be a list of texts',
  ],
  [
    'SSHKey',
    'a kind of key that is none',
    { keyType: 'dsa' },
    'invalid: spec.keyType must be rsa, ecdsa or ed25519',
  ],
  [
    'SSHKey',
    'an RSA key that is too short',
    { keySize: 512 },
    'invalid: spec.keySize must be from 1024 to 8192 for rsa',
  ],
  ['Fake', 'data that is no text', { data: { a: 1 } }, 'invalid: spec.data.a must be text'],
  ['Fake', 'data that is no map', { data: ['a'] }, 'invalid: spec.data must be a map of texts'],
  [
    'ACRAccessToken',
    'a kind that needs a provider',
    {},
    'unsupported: generators of kind "ACRAccessToken" are not supported',
  ],
  [
    'constructor',
    'a kind that every object has',
    {},
    'unsupported: generators of kind "constructor" are not supported',
  ],
  [
    'ClusterGenerator',
    'the spec of another kind',
    { kind: 'Password', generator: { uuidSpec: {} } },
    'invalid: spec.generator.passwordSpec must be set when spec.kind is Password',
  ],
  [
    'ClusterGenerator',
    'a ClusterGenerator inside',
    { kind: 'ClusterGenerator', generator: {} },
    'unsupported: generators of kind "ClusterGenerator" are not supported',
  ],
]
for (const [kind, story, spec, expected] of refusals) {
  test(`${kind}: ${story} is refused`, async () => {
    assert.equal(await refusal(generator(kind, spec)), expected)
  })
}

test('UUID: version 4, another one each time', async () => {
  const one = await made(generator('UUID'))
  assert.match(
    one.uuid ?? '',
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  assert.deepEqual(Object.keys(one), ['uuid'])
  assert.notEqual(one.uuid, (await made(generator('UUID', {}))).uuid)
})

test('UUID: is made of the random bytes given', async () => {
  const answer = await generate(generator('UUID'), {
    randomBytes: (n) => new Uint8Array(n).fill(0xff),
    context: undefined,
  })
  assert.ok(answer.outcome === 'generated')
  const value = answer.data.get('uuid')?.reveal()
  assert.equal(new TextDecoder().decode(value), 'ffffffff-ffff-4fff-bfff-ffffffffffff')
})

test('Fake: gives its data, whatever the keys, and nothing without any', async () => {
  const data = JSON.parse('{"foo":"bar","__proto__":"p","empty":""}')
  assert.deepEqual(await made(generator('Fake', { data })), {
    ...{ foo: 'bar', empty: '' },
    ['__proto__']: 'p',
  })
  assert.deepEqual(await made(generator('Fake')), {})
})

const wrapped: readonly (readonly [string, string, JsonValue, readonly string[]])[] = [
  ['Fake', 'fakeSpec', { data: { a: 'b' } }, ['a']],
  ['Password', 'passwordSpec', { secretKeys: ['p'] }, ['p']],
  ['SSHKey', 'sshKeySpec', { keyType: 'ed25519' }, ['privateKey', 'publicKey']],
  ['UUID', 'uuidSpec', {}, ['uuid']],
]
for (const [kind, specName, spec, keys] of wrapped) {
  test(`ClusterGenerator: stands for ${kind}`, async () => {
    const object = generator('ClusterGenerator', { kind, generator: { [specName]: spec } })
    assert.deepEqual(Object.keys(await made(object)).sort(), keys)
    assert.equal(isRandom(object), kind !== 'Fake')
  })
}

test('a controller class counts on Fake alone, also within a ClusterGenerator', () => {
  const spec = { controller: 'mine' }
  assert.equal(controllerClassOf(generator('Fake', spec)), 'mine')
  const inner = { kind: 'Fake', generator: { fakeSpec: spec } }
  assert.equal(controllerClassOf(generator('ClusterGenerator', inner)), 'mine')
  assert.equal(controllerClassOf(generator('Password', spec)), '')
})

// ── SSH keys, judged by ssh-keygen where it is installed ──

const hasKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined

const keys: readonly (readonly [string, JsonObject, string, string])[] = [
  ['rsa of 2048 bits by default', {}, 'ssh-rsa', '2048'],
  [
    'rsa as long as asked',
    { keyType: 'rsa', keySize: 1024, comment: 'me@here' },
    'ssh-rsa',
    '1024',
  ],
  ['ecdsa of 256 bits by default', { keyType: 'ecdsa' }, 'ecdsa-sha2-nistp256', '256'],
  [
    'ecdsa of 384 bits',
    { keyType: 'ecdsa', keySize: 384, comment: 'two words' },
    'ecdsa-sha2-nistp384',
    '384',
  ],
  ['ecdsa of 521 bits', { keyType: 'ecdsa', keySize: 521 }, 'ecdsa-sha2-nistp521', '521'],
  [
    'ecdsa of any other size is one of 256',
    { keyType: 'ecdsa', keySize: 300 },
    'ecdsa-sha2-nistp256',
    '256',
  ],
  ['ed25519', { keyType: 'ed25519', comment: 'c' }, 'ssh-ed25519', '256'],
]
for (const [story, spec, algorithm, bits] of keys) {
  test(`SSHKey: ${story}`, async () => {
    const { privateKey = '', publicKey = '' } = await made(generator('SSHKey', spec))
    const comment = typeof spec.comment === 'string' ? ` ${spec.comment}` : ''
    assert.match(publicKey, new RegExp(`^${algorithm} [A-Za-z0-9+/]+=*${comment}\n$`))
    assertPem(privateKey)
    const file = Buffer.from(privateKey.replace(/-----.*-----|\n/g, ''), 'base64')
    const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')
    assert.ok(file.includes(blob), 'the file holds the public key')
    assert.equal(file.subarray(0, 15).toString(), 'openssh-key-v1\0')
    if (hasKeygen) assertByKeygen(privateKey, publicKey, bits)
  })
}

function assertPem(text: string): void {
  const lines = text.split('\n')
  assert.equal(lines[0], '-----BEGIN OPENSSH PRIVATE KEY-----')
  assert.deepEqual(lines.slice(-2), ['-----END OPENSSH PRIVATE KEY-----', ''])
  const body = lines.slice(1, -2)
  assert.ok(
    body.every((line, at) => line.length === 64 || (at === body.length - 1 && line.length < 64)),
  )
}

/** ssh-keygen derives the same public key, and signs and verifies with the pair. */
function assertByKeygen(privateKey: string, publicKey: string, bits: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-ssh-'))
  try {
    const file = join(folder, 'key')
    writeFileSync(file, privateKey, { mode: 0o600 })
    writeFileSync(`${file}.pub`, publicKey)
    const derived = spawnSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' })
    assert.equal(derived.stdout.trimEnd(), publicKey.trimEnd(), derived.stderr)
    const listed = spawnSync('ssh-keygen', ['-l', '-f', `${file}.pub`], { encoding: 'utf8' })
    assert.equal(listed.stdout.split(' ')[0], bits)
    const signed = spawnSync('ssh-keygen', ['-Y', 'sign', '-f', file, '-n', 'test'], {
      input: 'hello',
    })
    assert.equal(signed.status, 0, String(signed.stderr))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('SSHKey: the private half belongs to the public half', async () => {
  const { privateKey = '', publicKey = '' } = await made(
    generator('SSHKey', { keyType: 'ed25519' }),
  )
  const file = Buffer.from(privateKey.replace(/-----.*-----|\n/g, ''), 'base64')
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')
  const point = blob.subarray(-32)
  const seed = file.subarray(file.lastIndexOf(point) - 32, file.lastIndexOf(point))
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const derived = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))
  assert.equal(derived.export({ format: 'jwk' }).x, point.toString('base64url'))
})

// ── Chance ──

test('draw: every number below the limit, none else, and what would be unfair is drawn again', () => {
  const seen = new Set<number>()
  for (let i = 0; i < 500; i++) seen.add(drawBelow(sources.randomBytes, 7))
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6])
  const given = [0xffffffff, 0x0000000a]
  const scripted = (): Uint8Array => {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, given.shift() ?? 0)
    return bytes
  }
  assert.equal(drawBelow(scripted, 7), 3)
})

test('draw: a shuffle keeps every item and reaches every order', () => {
  const orders = new Set<string>()
  for (let i = 0; i < 300; i++) orders.add(shuffle(sources.randomBytes, ['a', 'b', 'c']).join(''))
  assert.deepEqual([...orders].sort(), ['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])
})
