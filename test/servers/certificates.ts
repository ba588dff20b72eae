import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

// X.509 for loopback servers, made anew for every run: a private key in a repository is an alarm for every scanner.
// DER by hand, ECDSA P-256, just what TLS of Node and Go asks for.

export interface Identity {
  /** PEM. */
  readonly cert: string
  /** PEM, PKCS#8. */
  readonly key: string
}

export interface Authority {
  /** PEM. */
  readonly ca: string
  readonly issue: (subject: {
    readonly commonName: string
    readonly organization?: string
    /** DNS names and IPv4 addresses. */
    readonly hosts?: readonly string[]
    /** Valid from now minus a day to now plus this many days; negative: it has expired. */
    readonly days?: number
    /** An elliptic key when absent. */
    readonly isRsa?: boolean
  }) => Identity
}

/** A certificate authority that lives as long as the test. */
export function makeAuthority(commonName = 'test CA'): Authority {
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = name(commonName, undefined)
  const rootBytes = certificate({
    issuer,
    subject: issuer,
    publicKey: root.publicKey,
    signer: root.privateKey,
    days: 365,
    extensions: [
      extension('2.5.29.19', true, seq(tlv(0x01, [0xff]))),
      extension('2.5.29.15', true, tlv(0x03, [0x02, 0x04])),
      keyId('2.5.29.14', root.publicKey),
    ],
  })
  return {
    ca: pem('CERTIFICATE', rootBytes),
    issue: ({ commonName: cn, organization, hosts = [], days = 30, isRsa }) => {
      const pair =
        isRsa === true
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const alternatives = hosts.map((host) =>
        isIP(host) === 4 ? tlv(0x87, host.split('.').map(Number)) : tlv(0x82, Buffer.from(host)),
      )
      const bytes = certificate({
        issuer,
        subject: name(cn, organization),
        publicKey: pair.publicKey,
        signer: root.privateKey,
        days,
        extensions: [
          extension('2.5.29.15', true, tlv(0x03, [0x07, 0x80])),
          extension('2.5.29.37', false, seq(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
          keyId('2.5.29.35', root.publicKey),
          ...(alternatives.length === 0
            ? []
            : [extension('2.5.29.17', false, seq(...alternatives))]),
        ],
      })
      const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' })
      return { cert: pem('CERTIFICATE', bytes), key: String(key) }
    },
  }
}

interface Fields {
  readonly issuer: Buffer
  readonly subject: Buffer
  readonly publicKey: KeyObject
  readonly signer: KeyObject
  readonly days: number
  readonly extensions: readonly Buffer[]
}

function certificate(fields: Fields): Buffer {
  const algorithm = seq(oid('1.2.840.10045.4.3.2'))
  const dayMs = 86_400_000
  const serial = randomBytes(15)
  const body = seq(
    tlv(0xa0, tlv(0x02, [2])),
    tlv(0x02, Buffer.concat([Buffer.from([0x01]), serial])),
    algorithm,
    fields.issuer,
    seq(time(Date.now() - 2 * dayMs), time(Date.now() + fields.days * dayMs)),
    fields.subject,
    fields.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, seq(...fields.extensions)),
  )
  const signature = sign('sha256', body, fields.signer)
  return seq(body, algorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])))
}

function name(commonName: string, organization: string | undefined): Buffer {
  const attribute = (id: string, value: string): Buffer =>
    tlv(0x31, seq(oid(id), tlv(0x0c, Buffer.from(value))))
  const organizations = organization === undefined ? [] : [attribute('2.5.4.10', organization)]
  return seq(...organizations, attribute('2.5.4.3', commonName))
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [tlv(0x01, [0xff])] : []
  return seq(oid(id), ...critical, tlv(0x04, value))
}

/** Subject key id (2.5.29.14) or authority key id (2.5.29.35): the SHA-1 of the key, as everyone does it. */
function keyId(id: string, key: KeyObject): Buffer {
  const digest = createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
  return extension(id, false, id === '2.5.29.14' ? tlv(0x04, digest) : seq(tlv(0x80, digest)))
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)
  return tlv(0x17, Buffer.from(`${digits}Z`))
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part & 0x7f]
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return tlv(0x06, bytes)
}

function seq(...parts: readonly Uint8Array[]): Buffer {
  return tlv(0x30, Buffer.concat(parts))
}

function tlv(tag: number, value: Uint8Array | readonly number[]): Buffer {
  const content = Buffer.from(value)
  const { length } = content
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
