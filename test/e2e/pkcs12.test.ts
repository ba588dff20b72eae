import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { run } from '../unit/template/render.ts'

// Who opens these archives is Java and OpenSSL: they are asked, where they are installed, and their archives are opened here.

const start = promisify(execFile)
const PASSWORD = 'changeit'

function isInstalled(program: string, argument: string): boolean {
  try {
    execFileSync(program, [argument], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const skip =
  isInstalled('openssl', 'version') && isInstalled('keytool', '-help')
    ? false
    : 'needs openssl and keytool on the PATH'

function rendered(text: string, data: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const rendering = run(text, data)
  assert.equal(rendering.outcome, 'rendered', JSON.stringify(rendering))
  return Buffer.from(rendering.value.reveal())
}

interface Made {
  readonly folder: string
  readonly path: (name: string) => string
  /** A self-signed certificate and its key. */
  readonly certify: (
    name: string,
    subject: string,
  ) => { readonly cert: string; readonly key: string }
}

function workshop(t: TestContext): Made {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-pkcs12-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string): string => join(folder, name)
  return {
    folder,
    path,
    certify: (name, subject) => {
      const [cert, key] = [path(`${name}.crt`), path(`${name}.key`)]
      const words = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
      ]
      const more = ['-utf8', '-days', '9', '-subj', subject, '-keyout', key, '-out', cert]
      execFileSync('openssl', [...words, ...more], { stdio: 'ignore' })
      return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
    },
  }
}

/** `alias: kind of entry` of a key store, as keytool lists them. */
async function entriesOf(file: string): Promise<readonly string[]> {
  const words = ['-list', '-keystore', file, '-storetype', 'PKCS12', '-storepass', PASSWORD]
  // Whatever the locale of the caller is, a bare one included.
  const speech = [
    '-J-Duser.language=en',
    '-J-Dstdout.encoding=UTF-8',
    '-J-Dsun.stdout.encoding=UTF-8',
  ]
  const { stdout } = await start('keytool', [...speech, ...words], { encoding: 'utf8' })
  return [...stdout.matchAll(/^(.+), \w+ \d+, \d+, (\w+),/gm)]
    .map(([, alias, entry]) => `${alias}: ${entry}`)
    .sort()
}

test('pkcs12: Java lists the certificates of a trust store under their subjects', {
  skip,
}, async (t) => {
  const { path, certify } = workshop(t)
  const one = certify('one', '/C=DE/O=Shop, Inc./CN=Root One')
  const two = certify('two', '/CN=Größe Ü')
  const store = rendered('{{ pemTruststoreToPKCS12Pass .pem .p | b64dec }}', {
    pem: one.cert + two.cert,
    p: PASSWORD,
  })
  writeFileSync(path('trust.p12'), store)
  assert.deepEqual(await entriesOf(path('trust.p12')), [
    'cn=größe ü: trustedCertEntry',
    'cn=root one,o=shop\\, inc.,c=de: trustedCertEntry',
  ])
})

test('pkcs12: Java and OpenSSL open an archive of key and certificate', { skip }, async (t) => {
  const { path, certify } = workshop(t)
  const { cert, key } = certify('one', '/CN=one')
  const archive = rendered('{{ pemToPkcs12Pass .cert .key .p | b64dec }}', {
    cert,
    key,
    p: PASSWORD,
  })
  writeFileSync(path('key.p12'), archive)
  const words = ['pkcs12', '-in', path('key.p12'), '-nodes', '-passin', `pass:${PASSWORD}`]
  const [listed, { stdout }] = await Promise.all([
    entriesOf(path('key.p12')),
    start('openssl', words, { encoding: 'utf8' }),
  ])
  assert.deepEqual(listed, ['1: PrivateKeyEntry'])
  assert.ok(stdout.includes(key.trim()))
  assert.ok(stdout.includes(cert.trim()))
})

test('pkcs12: an archive of keytool and the archives of OpenSSL, old and new, open here', {
  skip,
}, async (t) => {
  const { path, certify } = workshop(t)
  const { cert, key } = certify('one', '/CN=one')
  const export_ = ['pkcs12', '-export', '-in', path('one.crt'), '-inkey', path('one.key')]
  const pass = ['-passout', `pass:${PASSWORD}`]
  const words = ['-genkeypair', '-alias', 'a', '-keyalg', 'EC', '-groupname', 'secp256r1']
  const store = ['-dname', 'CN=java', '-keystore', path('java.p12'), '-storetype', 'PKCS12']
  await Promise.all([
    start('openssl', [...export_, ...pass, '-out', path('new.p12')]),
    start('openssl', [...export_, ...pass, '-legacy', '-out', path('old.p12')]),
    start('keytool', [...words, ...store, '-storepass', PASSWORD]),
  ])
  const opened = (name: string, call: string): string =>
    rendered(`{{ .a | ${call} .p }}`, { a: readFileSync(path(name)), p: PASSWORD }).toString()
  for (const name of ['new.p12', 'old.p12']) {
    assert.equal(opened(name, 'pkcs12keyPass'), key, name)
    assert.equal(opened(name, 'pkcs12certPass'), cert, name)
  }
  assert.equal(new X509Certificate(opened('java.p12', 'pkcs12certPass')).subject, 'CN=java')
  assert.match(opened('java.p12', 'pkcs12keyPass'), /^-----BEGIN PRIVATE KEY-----\n/)
})
