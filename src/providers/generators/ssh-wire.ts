// The encodings of RFC 4251 §5 and OpenSSH's key file (PROTOCOL.key).

/** A number of four bytes. */
export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** Bytes with their length before them. */
export function string(value: Uint8Array | string): Uint8Array {
  const bytes = Buffer.from(value)
  return Buffer.concat([uint32(bytes.length), bytes])
}

/** A whole number that is not negative, given as its bytes, highest first. */
export function mpint(value: Uint8Array): Uint8Array {
  const start = value.findIndex((byte) => byte !== 0)
  if (start === -1) return string('')
  const digits = value.subarray(start)
  const isSigned = (digits[0] ?? 0) > 0x7f
  return string(isSigned ? Buffer.concat([Uint8Array.of(0), digits]) : digits)
}

/** A key in the words of its kind, without the name of the kind and the comment. */
export interface WireKey {
  readonly algorithm: string
  readonly publicFields: readonly Uint8Array[]
  readonly privateFields: readonly Uint8Array[]
}

/** The line of `authorized_keys`, with its newline. */
export function publicKeyLine(key: WireKey, comment: string): string {
  const blob = Buffer.from(publicBlob(key)).toString('base64')
  return `${[key.algorithm, blob, ...(comment === '' ? [] : [comment])].join(' ')}\n`
}

/** What stands in the public line and, once more, in the private file. */
function publicBlob({ algorithm, publicFields }: WireKey): Uint8Array {
  return Buffer.concat([string(algorithm), ...publicFields])
}

const BLOCK = 8
/** Go's PEM; ssh-keygen itself writes 70. */
const PEM_COLUMNS = /.{1,64}/g

/** OpenSSH's private key file without a passphrase. `check` is four random bytes. */
export function privateKeyFile(key: WireKey, comment: string, check: Uint8Array): string {
  const plain = Buffer.concat([
    check,
    check,
    string(key.algorithm),
    ...key.privateFields,
    string(comment),
  ])
  const missing = (BLOCK - (plain.length % BLOCK)) % BLOCK
  const padding = Uint8Array.from({ length: missing }, (_, i) => i + 1)
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    string('none'),
    string('none'),
    string(''),
    uint32(1),
    string(publicBlob(key)),
    string(Buffer.concat([plain, padding])),
  ])
  const lines = file.toString('base64').match(PEM_COLUMNS) ?? []
  return [
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    ...lines,
    '-----END OPENSSH PRIVATE KEY-----',
    '',
  ].join('\n')
}
