import { type Certificate, isRoot, orderChain, parseCertificate } from '../certificate.ts'
import { fail } from '../failure.ts'
import { type Functions, fixed } from '../function.ts'
import { decodeAllPem, decodePem, encodePem } from '../pem.ts'
import { nilSlice, strings } from '../value.ts'

// ESO's functions on PEM texts.

/**
 * Labels compare without letter case. No match is an error when other text is left over, not when
 * nothing is.
 */
function filterPem(type: string, text: string): string {
  const { blocks, rest } = decodeAllPem(text)
  const wanted = type.toLowerCase()
  const kept = blocks.filter((block) => block.type.toLowerCase() === wanted)
  if (kept.length === 0 && rest !== '') fail('no PEM block of that type, but other text')
  return kept.map(({ type: label, bytes, headers }) => encodePem(label, bytes, headers)).join('')
}

/** Certificates from leaf to root. Throws FunctionError when they are no single chain. */
function chainOf(text: string): readonly Certificate[] {
  const certificates = decodeAllPem(text).blocks.map(({ bytes }) => parseCertificate(bytes))
  const ordered = orderChain(certificates)
  return ordered ?? fail('the certificates are no single chain with one leaf')
}

/** PEM text of a certificate, DER bytes unchanged. */
export function writeCertificate({ raw }: Certificate): string {
  return encodePem('CERTIFICATE', raw)
}

/** `leaf`, `intermediate` or `root`; any other word gives nothing. */
function filterChain(kind: string, text: string): string {
  const ordered = chainOf(text)
  const [leaf, ...others] = ordered
  if (kind === 'leaf') return leaf === undefined || isRoot(leaf) ? '' : writeCertificate(leaf)
  if (kind === 'intermediate') {
    const end = others.findIndex(isRoot)
    return others
      .slice(0, end < 0 ? others.length : end)
      .map(writeCertificate)
      .join('')
  }
  const root = kind === 'root' ? ordered.find(isRoot) : undefined
  return root === undefined ? '' : writeCertificate(root)
}

/** `filterPEM`, `filterCertChain`, `certSANs` of External Secrets Operator. */
export const pemFunctions: Functions = {
  filterPEM: fixed(['string', 'string'], filterPem),
  filterCertChain: fixed(['string', 'string'], filterChain),
  certSANs: fixed(['string'], (text) => {
    const { block } = decodePem(text)
    if (block === undefined) return fail('failed to decode PEM block')
    const names = parseCertificate(block.bytes).alternativeNames
    return names.length === 0 ? nilSlice('[]string') : strings([...names])
  }),
}
