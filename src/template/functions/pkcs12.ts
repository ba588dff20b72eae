import { fromBytes, toText } from '../bytes.ts'
import { type Certificate, orderChain, parseCertificate } from '../certificate.ts'
import { fail } from '../failure.ts'
import { type Functions, fixed } from '../function.ts'
import { decodePem } from '../pem.ts'
import { readPkcs12 } from '../pkcs12-reader.ts'
import { writePkcs12, writeTrustStore } from '../pkcs12-writer.ts'
import { readAnyPrivateKey, writePkcs8 } from '../private-key.ts'
import { subjectText } from '../subject-text.ts'
import { encode64 } from './encoding.ts'
import { writeCertificate } from './pem.ts'

// ESO's functions on PKCS#12 archives. They read raw bytes and write base64.

/** The archive's bytes come raw, not as base64: `b64dec` first where a store holds text. */
function open(text: string, password: string) {
  return readPkcs12(Buffer.from(text, 'latin1'), toText(password))
}

/** The private key as PKCS#8 PEM, whatever its form in the archive. */
function keyOf(text: string, password: string): string {
  return writePkcs8(open(text, password).key)
}

/** From leaf to root; in the archive's order where that is no single chain. */
function certificatesOf(text: string, password: string): string {
  const { certificates } = open(text, password)
  return (orderChain(certificates) ?? certificates).map(writeCertificate).join('')
}

/** What follows the first block is ignored. */
function firstCertificate(pem: string): Certificate {
  const { block } = decodePem(pem)
  return block === undefined
    ? fail('no PEM block in the certificate')
    : parseCertificate(block.bytes)
}

/** Upstream: anything behind the last block is an error, too. */
function allCertificates(pem: string): readonly Certificate[] {
  const certificates: Certificate[] = []
  let rest = pem
  do {
    const found = decodePem(rest)
    if (found.block === undefined) return fail('text that is no PEM block among the certificates')
    certificates.push(parseCertificate(found.block.bytes))
    rest = found.rest
  } while (rest !== '')
  return certificates
}

/** Equal input gives equal bytes (pkcs12-writer.ts), so that no sync writes without need (R170). */
function archive(certificates: readonly Certificate[], keyPem: string, password: string): string {
  const { block } = decodePem(keyPem)
  if (block === undefined) return fail('no PEM block in the private key')
  const bytes = writePkcs12(readAnyPrivateKey(block.bytes), certificates, toText(password))
  return encode64(fromBytes(bytes))
}

/** Java recognises entries by their alias: the subject's name. */
function trustStore(pem: string, password: string): string {
  const entries = allCertificates(pem).map((certificate) => ({
    certificate,
    name: subjectText(certificate.subject),
  }))
  return encode64(fromBytes(writeTrustStore(entries, toText(password))))
}

/** The names without `Pass` use an empty password. */
export const pkcs12Functions: Functions = {
  pkcs12key: fixed(['string'], (text) => keyOf(text, '')),
  pkcs12keyPass: fixed(['string', 'string'], (password, text) => keyOf(text, password)),
  pkcs12cert: fixed(['string'], (text) => certificatesOf(text, '')),
  pkcs12certPass: fixed(['string', 'string'], (password, text) => certificatesOf(text, password)),
  pemToPkcs12: fixed(['string', 'string'], (cert, key) =>
    archive([firstCertificate(cert)], key, ''),
  ),
  pemToPkcs12Pass: fixed(['string', 'string', 'string'], (cert, key, password) =>
    archive([firstCertificate(cert)], key, password),
  ),
  fullPemToPkcs12: fixed(['string', 'string'], (chain, key) =>
    archive(allCertificates(chain), key, ''),
  ),
  fullPemToPkcs12Pass: fixed(['string', 'string', 'string'], (chain, key, password) =>
    archive(allCertificates(chain), key, password),
  ),
  pemTruststoreToPKCS12: fixed(['string'], (pem) => trustStore(pem, '')),
  pemTruststoreToPKCS12Pass: fixed(['string', 'string'], trustStore),
}
