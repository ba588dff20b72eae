import type { ProviderErrorCode } from '../model/provider.ts'

/** Why an entry of an ExternalSecret gave no value: the closed set of `OutcomeError.code` of this layer. */
export type ValueCode =
  | 'SecretNotFound'
  | 'SecretGone'
  | 'PropertyNotFound'
  | 'EmptySecret'
  | 'NotJson'
  | 'DecodeFailed'
  | 'UnknownStrategy'
  | 'InvalidKey'
  | 'KeyCollision'
  | 'NullByte'
  | 'InvalidPattern'
  | 'TemplateInvalid'
  | 'TemplateFailed'
  | 'Conflict'
  | 'PriorityNotFound'
  | 'IntoMissing'
  | 'InvalidEntry'
  | 'Unsupported'
  | 'StoreNotFound'
  | 'StoreNotPermitted'
  | 'CredentialsNotFound'
  | 'GeneratorNotFound'
  | 'NotRepeatable'
  | 'Unauthenticated'
  | 'Forbidden'
  | 'Throttled'
  | 'Sealed'
  | 'Unavailable'
  | 'Timeout'
  | 'Untrusted'
  | 'Malformed'
  | 'Invalid'

const PROVIDER_CODES: Readonly<Record<ProviderErrorCode, ValueCode>> = {
  unauthenticated: 'Unauthenticated',
  forbidden: 'Forbidden',
  throttled: 'Throttled',
  sealed: 'Sealed',
  unavailable: 'Unavailable',
  timeout: 'Timeout',
  untrusted: 'Untrusted',
  malformed: 'Malformed',
  invalid: 'Invalid',
  unsupported: 'Unsupported',
  'store-not-found': 'StoreNotFound',
  'store-not-permitted': 'StoreNotPermitted',
  'credentials-not-found': 'CredentialsNotFound',
  'generator-not-found': 'GeneratorNotFound',
  'not-repeatable': 'NotRepeatable',
  conflict: 'Conflict',
}

/** A provider's failure under the name that it has in outcomes. */
export function codeOfProvider(code: ProviderErrorCode): ValueCode {
  return PROVIDER_CODES[code]
}
