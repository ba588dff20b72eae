import { dig, isObject, type JsonValue, text } from '../model/json.ts'
import { ProviderError } from './provider.ts'
import { credential, decodeKeyRef, namespaceOf, type Opening, revealText } from './references.ts'

/**
 * The CA that `caBundle` or `caProvider` of `settings` names, as PEM; undefined: the system's roots. A bundle wins, as
 * upstream. `field` is where the settings stand. Throws ProviderError.
 */
export async function readCa(
  settings: JsonValue | undefined,
  field: string,
  opening: Opening,
): Promise<string | undefined> {
  const bundle = text(dig(settings, 'caBundle'))
  if (bundle !== undefined && bundle !== '') return pemOf(decodeBase64(bundle), `${field}.caBundle`)
  const provider = dig(settings, 'caProvider')
  if (!isObject(provider)) return undefined
  const place = `${field}.caProvider`
  const ref = decodeKeyRef(provider)
  if (ref === undefined) throw new ProviderError('invalid', `${place} names no object`)
  if (dig(provider, 'type') !== 'ConfigMap') {
    return pemOf(revealText(await credential(ref, place, opening)), place)
  }
  const { store, context } = opening
  const ca = await context.credentials.configMapKey(ref)
  if (ca !== undefined) return pemOf(ca, place)
  const where = `${namespaceOf(ref, store, context)}/${ref.name}`
  throw new ProviderError(
    'credentials-not-found',
    `ConfigMap ${where} has no key "${ref.key}", which ${place} names`,
  )
}

const decodeBase64 = (words: string): string => Buffer.from(words, 'base64').toString('utf8')

/** ESO takes a PEM and the base64 of one. */
function pemOf(words: string, place: string): string {
  const isPem = (candidate: string): boolean => candidate.includes('-----BEGIN CERTIFICATE-----')
  const found = [words, decodeBase64(words)].find(isPem)
  if (found !== undefined) return found
  throw new ProviderError(
    'invalid',
    `${place} holds no PEM certificate`,
    'it wants the base64 of the text that begins with -----BEGIN CERTIFICATE-----',
  )
}
