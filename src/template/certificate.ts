import { X509Certificate } from 'node:crypto'
import { context, type Der, expect, members, readAll, readDer, readOid, TAG } from './der.ts'
import { fail } from './failure.ts'

// What templates need to know of an X.509 certificate.

/**
 * The parts that filters, chains and PKCS#12 use; nothing here is verified, no signature and no
 * date.
 */
export interface Certificate {
  readonly raw: Buffer
  /** Raw subject name. */
  readonly subject: Buffer
  /** Empty when the extension is missing. */
  readonly subjectKeyId: Buffer
  readonly authorityKeyId: Buffer
  readonly alternativeNames: readonly string[]
}

const OID = { subjectKeyId: '2.5.29.14', alternativeName: '2.5.29.17', authorityKeyId: '2.5.29.35' }

/** An identifier that is missing. Two of them compare equal, as nil slices do in Go. */
const NONE = Buffer.alloc(0)

/** Fails for what is no certificate. */
export function parseCertificate(raw: Buffer): Certificate {
  checkCertificate(raw)
  const [tbs] = members(readDer(raw))
  const fields = members(tbs)
  const hasVersion = fields[0]?.tag === context(0)
  const subject = fields[hasVersion ? 5 : 4]
  const extensions = extensionsOf(fields.find(({ tag }) => tag === context(3)))
  const subjectKey = extensions.get(OID.subjectKeyId)
  return {
    raw,
    subject: subject?.raw ?? NONE,
    subjectKeyId: subjectKey === undefined ? NONE : expect(readDer(subjectKey), TAG.octetString),
    authorityKeyId: authorityKeyId(extensions.get(OID.authorityKeyId)),
    alternativeNames: alternativeNames(extensions.get(OID.alternativeName)),
  }
}

/** OpenSSL decides; its own words are dropped. */
function checkCertificate(raw: Buffer): void {
  try {
    new X509Certificate(raw)
  } catch {
    fail('malformed certificate')
  }
}

/**
 * Extensions by object identifier. The critical flag between the two is optional, hence first and
 * last.
 */
function extensionsOf(element: Der | undefined): ReadonlyMap<string, Buffer> {
  if (element === undefined) return new Map()
  const [list] = readAll(element.content)
  return new Map(
    members(list).map((extension) => {
      const parts = members(extension)
      return [readOid(parts[0]), expect(parts.at(-1), TAG.octetString)]
    }),
  )
}

/**
 * Only the key identifier, context tag 0; the issuer and serial number that may follow take no
 * part.
 */
function authorityKeyId(value: Buffer | undefined): Buffer {
  if (value === undefined) return NONE
  return members(readDer(value)).find(({ tag }) => tag === context(0, true))?.content ?? NONE
}

/** DNS names, then addresses, mail addresses and URIs, each in the order of the certificate. */
function alternativeNames(value: Buffer | undefined): readonly string[] {
  if (value === undefined) return []
  const names = members(readDer(value))
  const ofTag = (number: number) => names.filter(({ tag }) => tag === context(number, true))
  const texts = (number: number) => ofTag(number).map(({ content }) => content.toString('latin1'))
  return [
    ...texts(2),
    ...ofTag(7).map(({ content }) => formatAddress(content)),
    ...texts(1),
    ...texts(6),
  ]
}

/** Go's net.IP.String. */
function formatAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const isMapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes.readUInt16BE(10) === 0xffff
  if (isMapped) return bytes.subarray(12).join('.')
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i))
  return compress(words)
}

/** The longest run of at least two zero words becomes `::`. */
function compress(words: readonly number[]): string {
  let best = { at: -1, length: 1 }
  for (let at = 0; at < words.length; at++) {
    const end = words.findIndex((word, index) => index >= at && word !== 0)
    const length = (end < 0 ? words.length : end) - at
    if (length > best.length) best = { at, length }
  }
  const hex = words.map((word) => word.toString(16))
  if (best.at < 0) return hex.join(':')
  return `${hex.slice(0, best.at).join(':')}::${hex.slice(best.at + best.length).join(':')}`
}

interface Link {
  readonly certificate: Certificate
  parent: Link | undefined
  isParent: boolean
}

/**
 * From leaf to root, joined by key identifiers. Undefined when there is not exactly one certificate that signed none of the
 * others, or the chain runs in a circle. Certificates without identifiers count as each other's issuer, as with ESO.
 */
export function orderChain(
  certificates: readonly Certificate[],
): readonly Certificate[] | undefined {
  const links: readonly Link[] = certificates.map((certificate) => ({
    certificate,
    parent: undefined,
    isParent: false,
  }))
  for (const link of links) {
    const parent = links.find((other) => {
      const { authorityKeyId } = link.certificate
      return other !== link && authorityKeyId.equals(other.certificate.subjectKeyId)
    })
    if (parent !== undefined) {
      parent.isParent = true
      link.parent = parent
    }
  }
  const leaves = links.filter(({ isParent }) => !isParent)
  if (leaves.length !== 1) return undefined
  const ordered: Certificate[] = []
  for (let at = leaves[0]; at !== undefined; at = at.parent) {
    if (ordered.length === links.length) return undefined
    ordered.push(at.certificate)
  }
  return ordered
}

/** Self-signed as far as its identifiers tell. */
export function isRoot({ authorityKeyId, subjectKeyId }: Certificate): boolean {
  return authorityKeyId.length === 0 || authorityKeyId.equals(subjectKeyId)
}
