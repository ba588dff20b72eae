import { type Der, der, members, readDer, readOid, TAG } from './der.ts'

// A subject as Go's pkix.Name writes it, which is the alias of a certificate in a trust store. Not the order of the certificate:
// what Go knows by name comes in an order of Go's own, everything else behind it, as identifier and hexadecimal DER.

/** Attributes that Go knows, in the order in which it writes them. */
const KNOWN: readonly (readonly [id: string, name: string])[] = [
  ['2.5.4.5', 'SERIALNUMBER'],
  ['2.5.4.3', 'CN'],
  ['2.5.4.17', 'POSTALCODE'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.10', 'O'],
  ['2.5.4.6', 'C'],
]
/** Of these the last one counts; of the others all do, joined by `+`. */
const SINGLE: ReadonlySet<string> = new Set(['SERIALNUMBER', 'CN'])

interface Attribute {
  readonly id: string
  /** Undefined for what is no text. */
  readonly value: string | undefined
}

/** `CN=…,O=…` of a DER name. */
export function subjectText(subject: Buffer): string {
  const attributes = members(readDer(subject)).flatMap((relative) =>
    members(relative, TAG.set).map(attributeOf),
  )
  const known = KNOWN.flatMap(([id, name]) => {
    const values = attributes.filter((one) => one.id === id).flatMap(({ value = '' }) => value)
    const kept = SINGLE.has(name) ? values.slice(-1).filter((value) => value !== '') : values
    return kept.length === 0 ? [] : [kept.map((value) => `${name}=${escaped(value)}`).join('+')]
  })
  const isKnown = new Set(KNOWN.map(([id]) => id))
  const others = attributes
    .filter(({ id }) => !isKnown.has(id))
    .map(({ id, value = '' }) => `${id}=#${marshalled(value).toString('hex')}`)
  return [...known, ...others.reverse()].join(',')
}

function attributeOf(element: Der): Attribute {
  const [id, value] = members(element)
  return { id: readOid(id), value: value === undefined ? undefined : textOf(value) }
}

const LATIN1: ReadonlySet<number> = new Set([0x12, TAG.printable, 0x14, 0x16])

/** The string types that certificates may hold. */
function textOf({ tag, content }: Der): string | undefined {
  if (tag === TAG.utf8) return content.toString('utf8')
  if (tag === TAG.bmp) return Buffer.from(content).swap16().toString('utf16le')
  return LATIN1.has(tag) ? content.toString('latin1') : undefined
}

/** RFC 2253's escapes: separators anywhere, a blank at either end, `#` at the start. */
function escaped(value: string): string {
  return value.replaceAll(/[,+"\\<>;]|^[ #]| $/g, '\\$&')
}

/** A text as Go's asn1 writes it: PrintableString where the characters allow it. */
function marshalled(value: string): Buffer {
  const isPrintable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value)
  return der(isPrintable ? TAG.printable : TAG.utf8, Buffer.from(value))
}
