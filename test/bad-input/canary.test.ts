import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadAll } from 'js-yaml'
import type { JsonObject } from '../../src/model/json.ts'
import { type Fault, json } from '../servers/server.ts'
import { type Ended, folderOf, type Start, start } from './program.ts'
import { awsStore, sick, startWorld, type Values, vaultStore } from './world.ts'

// Every secret of this world is a random word. After each command, whatever went wrong in it, no form of any of these words
// may stand anywhere but in the target Secrets: not in what was said, in events, in the status, in an argument list, in an
// environment, in a file. The faults below quote the words where real servers and parsers are known to.

const canary = (): string => `Cn4${randomBytes(9).toString('hex')}`
/** With the characters that JSON, URLs and YAML write in another way. */
const awkward = (): string => `${canary()}"&=é/\n${canary()}`
const values: Values = {
  vaultToken: canary(),
  awsKey: canary(),
  token: awkward(),
  user: awkward(),
  text: awkward(),
}
const fixture = awkward()
const inGit = canary()

/** The words in which a value may hide: as it is, in hex, and in base64 at each of the three alignments. */
function formsOf(value: string): readonly string[] {
  return value.split(/[^\w]+/).flatMap((word) => {
    const inBase64 = [0, 1, 2].map((shift) => {
      const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(word)])
      // Characters that hold bits of a neighbour differ from case to case.
      const whole = Math.floor((bytes.length * 8) / 6)
      return bytes.toString('base64').slice(Math.ceil((shift * 8) / 6), whole)
    })
    return [word, Buffer.from(word).toString('hex'), ...inBase64]
  })
}

const FORMS = [...Object.values(values), fixture, inGit].flatMap(formsOf)

function assertClean(what: string, text: string): void {
  const lower = text.toLowerCase()
  const hit = FORMS.find((form) => text.includes(form) || lower.includes(form.toLowerCase()))
  assert.equal(hit, undefined, `${what} holds a value`)
}

test('the scanner finds a value in each of its forms', () => {
  const [word = ''] = values.token.split('"')
  for (const text of [word, JSON.stringify(values.token), encodeURIComponent(values.token)]) {
    assert.throws(() => assertClean('it', `a ${text} b`))
  }
  for (const shift of ['', 'x', 'xy']) {
    const text = Buffer.from(`${shift}${values.token}`).toString('base64')
    assert.throws(() => assertClean('it', text), shift)
  }
  assert.throws(() => assertClean('it', Buffer.from(word).toString('hex').toUpperCase()))
})

const world = await startWorld(values)
after(world.close)
const { kube, aws, vault } = world

const template = (name: string, text: string): string =>
  sick(name, '{key: shop/api, property: token}')
    .replace(`name: ${name}}\n  data`, 'name: vault}\n  data')
    .replace('spec:\n', `spec:\n  target: {template: {data: {x: '${text}'}}}\n`)

/** ExternalSecrets that fail on the value itself, beside one that does not. */
const MANIFESTS = [
  vaultStore('vault', vault.url),
  awsStore('aws'),
  sick('well', '{key: shop/api, property: token}').replace(
    'name: well}\n  data',
    'name: vault}\n  data',
  ),
  sick('both', '{key: shop/json, property: user}').replace(
    'name: both}\n  data',
    'name: aws}\n  data',
  ),
  sick('no-json', '{key: shop/text, property: a.b}').replace(
    'name: no-json}\n  data',
    'name: aws}\n  data',
  ),
  sick('decode', '{key: shop/text, decodingStrategy: Base64}').replace(
    'name: decode}\n  data',
    'name: aws}\n  data',
  ),
  template('from-json', '{{ .a | fromJson }}'),
  template('must-date', '{{ mustToDate "2006" .a }}'),
  template('atoi', '{{ index .a .a }}'),
  template('jwk', '{{ .a | jwkPublicKeyPem }}'),
  template('fail', '{{ fail .a }}'),
].join('---\n')

const folder = folderOf({ after }, { 'in/all.yaml': MANIFESTS, 'fixtures.yaml': fixtures() })

function fixtures(): string {
  const stores = {
    'SecretStore/vault': { 'shop/api': { json: { token: fixture } } },
    'SecretStore/aws': { 'shop/json': fixture, 'shop/text': fixture },
  }
  return JSON.stringify({ stores })
}

/** Runs a command while its arguments and its environment are looked at, and scans all that it left. */
async function scanned(args: readonly string[], how: Start = {}): Promise<Ended> {
  const env = { TMPDIR: folder, AWS_SECRETSMANAGER_ENDPOINT: aws.url, AWS_STS_ENDPOINT: aws.url }
  const running = start(args, { cwd: folder, ...how, env })
  const seen = new Set<string>()
  const sampling = setInterval(() => {
    for (const file of ['cmdline', 'environ']) seen.add(readIfThere(`/proc/${running.pid}/${file}`))
  }, 20)
  const ended = await running.ended
  clearInterval(sampling)
  assertClean('the process', [...seen].join('\n'))
  assertClean('stderr', ended.err)
  assert.doesNotMatch(ended.err, /internal error|^\s+at /m)
  for (const object of kube.objects()) {
    if (object.kind !== 'Secret') assertClean(`${object.kind}`, JSON.stringify(object))
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const isInput = name.startsWith('in') || name === 'fixtures.yaml' || name.startsWith('out/')
    if (!isInput) assertClean(name, readIfThere(join(folder, name)))
  }
  return ended
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const quoting = (status: number): Fault['does'] => {
  const { token, user, vaultToken } = values
  const message = `cannot parse ${token} of ${user} with ${vaultToken} ${Buffer.from(token).toString('base64')}`
  return {
    reply: json(status, {
      errors: [message],
      message,
      Message: message,
      __type: `X${user}`,
      reason: message,
    }),
  }
}

interface Row {
  readonly story: string
  /** For those that are tried again and again. */
  readonly timeout?: string
  readonly faults: readonly { readonly at: 'kube' | 'aws' | 'vault'; readonly fault: Fault }[]
}

const all = { times: 50 }
const rows: readonly Row[] = [
  {
    story: 'the API server quotes the Secret',
    faults: [{ at: 'kube', fault: { ...all, call: 'patch secrets', does: quoting(422) } }],
  },
  { story: 'nothing is wrong', faults: [] },
  {
    story: 'providers quote values as they refuse',
    faults: [
      { at: 'vault', fault: { ...all, does: quoting(403) } },
      { at: 'aws', fault: { ...all, does: quoting(400) } },
    ],
  },
  {
    story: 'providers quote values as they fail',
    timeout: '2s',
    faults: [
      { at: 'vault', fault: { ...all, does: quoting(500) } },
      { at: 'aws', fault: { ...all, does: { redirect: `http://127.0.0.1:1/${values.awsKey}` } } },
    ],
  },
  {
    story: 'answers are values instead of JSON',
    faults: [
      { at: 'vault', fault: { ...all, does: { reply: { status: 200, body: values.token } } } },
      { at: 'aws', fault: { ...all, does: { reply: { status: 200, body: values.user } } } },
    ],
  },
]

const EXTERNAL_SECRETS = [
  'well',
  'both',
  'no-json',
  'decode',
  'from-json',
  'must-date',
  'atoi',
  'jwk',
  'fail',
]

test('generate hands off references only', async () => {
  const generated = await scanned(['generate', 'in', '--app', 'shop', '-n', 'shop'])
  assert.equal(generated.code, 0, generated.err)
  assertClean('stdout', generated.out)
  const objects = loadAll(generated.out).filter((object) => object !== null)
  kube.seed(...(objects as JsonObject[]))
})

for (const { story, timeout = '1m', faults } of rows) {
  test(`a sync of the bundle, ${story}: no value in what it says, in events, in the status`, async (t) => {
    for (const { at, fault } of faults) world[at].fault(fault)
    t.after(() => {
      for (const server of [kube, aws, vault]) server.clearFaults()
    })
    const access = join(folder, 'in-kubeconfig')
    writeFileSync(access, kube.kubeconfig(kube.adminToken, 'shop'), { mode: 0o600 })
    const args = [
      'sync',
      '--app',
      'shop',
      '-n',
      'shop',
      '--kubeconfig',
      access,
      '--timeout',
      timeout,
    ]
    const ended = await scanned([...args, '--force', EXTERNAL_SECRETS.join(',')])
    assertClean('stdout', ended.out)
    assert.ok(ended.code === 5 || ended.code === 4, `${ended.code} ${ended.err}`)
  })
}

test('events and a status were there to be looked at', () => {
  assert.ok(kube.objects('Event', 'shop').length > 0)
  assert.notEqual(kube.object('ConfigMap', 'shop', 'waybill-shop-status'), undefined)
  assert.notEqual(kube.object('Secret', 'shop', 'well'), undefined)
})

test('files and dry runs: the value is in the folder and nowhere else', async () => {
  const access = ['-n', 'shop', '--kubeconfig', 'in-kubeconfig', '-o', 'json']
  const local = await scanned(['sync', '-f', 'in', '--local', 'out', ...access])
  assertClean('stdout', local.out)
  const dry = await scanned(['sync', '-f', 'in', '--dry-run', 'server', ...access])
  assertClean('stdout', dry.out)
  assert.match(readFileSync(join(folder, 'out/shop_well.yaml'), 'utf8'), /kind: Secret/)
})

test('simulate tells lengths', async () => {
  const ended = await scanned(['simulate', 'in', '--fixtures', 'fixtures.yaml', '-o', 'json'])
  assertClean('stdout', ended.out)
  assert.match(ended.out, /bytes›/)
})

test('a Secret in Git that is broken is not quoted in any finding', async () => {
  const broken = `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  a: ${inGit}\n  ${inGit}: {[\n`
  const ours = `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: "${inGit}\nspec: ${inGit}: x\n`
  const texts = [`{"a": ${inGit}`, `${broken}---\n${ours}`]
  await Promise.all(
    texts.map(async (text, at) => {
      writeFileSync(join(folder, `in-git-${at}.yaml`), text)
      const output = at === 1 ? 'text' : 'json'
      const ended = await scanned(['validate', `in-git-${at}.yaml`, '-o', output])
      assertClean('stdout', ended.out)
      await scanned(['fn'], { stdin: text })
    }),
  )
})

test('a kustomize that prints a value: it is not in our last line', async () => {
  const bin = folderOf({ after }, { kustomize: '#!/bin/sh\nprintenv >&2\nexit 1\n' })
  chmodSync(join(bin, 'kustomize'), 0o755)
  const cwd = folderOf({ after }, { 'kustomization.yaml': '{}' })
  const env = { PATH: `${bin}:/usr/bin:/bin`, VAULT_TOKEN: values.vaultToken, KUBECONFIG: inGit }
  const ended = await start(['generate', '.'], { cwd, env }).ended
  assert.equal(ended.code, 3)
  assertClean('stderr', ended.err)
})
