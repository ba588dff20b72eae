// Where Waybill answers differently from External Secrets Operator on purpose. Every difference of value is one switch
// here, with its reason; nothing else in the code may ask which parity is in force.

/** `eso`: answer exactly as ESO. `waybill`: answer as design §5 says. */
export type ParityMode = 'waybill' | 'eso'

/** Every difference of value to ESO, each with its rule; `true` is Waybill's way. */
export interface Parity {
  /** R52: Vault extract keeps the number's text; ESO parses it through float64 and loses digits. */
  readonly vaultExtractKeepsNumberText: boolean
  /** R56: tracking metadata (Argo CD, Helm, Flux, last-applied, kustomize) is not copied to the Secret. */
  readonly tracksNoMetadata: boolean
  /** R35: two keys that a rewrite maps to one name are an error; ESO keeps whichever comes last in random order. */
  readonly rewriteCollisionFails: boolean
  /** R18: a dataFrom element with only a storeRef is an error; ESO yields nothing, silently. */
  readonly storeRefAloneFails: boolean
  /** R75: a Secret without our marks is refused; ESO adopts it and wipes its data. */
  readonly refusesForeignSecrets: boolean
  /** R125: tag search compares exact pairs; ESO matches prefixes and keys and values apart. */
  readonly findsExactTags: boolean
  /** R180: Secrets by which Kubernetes mints tokens are refused whole; ESO lets some of them pass (CVE-2026-42876). */
  readonly refusesTokenSecrets: boolean
  /** R57: finalizers of a template are refused; ESO adds them, and nobody ever takes them away again. */
  readonly refusesTemplateFinalizers: boolean
  /** R26: the condition carries every cause with its field path; ESO's says only which step failed. */
  readonly conditionTellsCause: boolean
  /** R44: keys that the API server refuses are refused before anything is written. */
  readonly checksDataKeys: boolean
}

const WAYBILL: Parity = {
  vaultExtractKeepsNumberText: true,
  tracksNoMetadata: true,
  rewriteCollisionFails: true,
  storeRefAloneFails: true,
  refusesForeignSecrets: true,
  findsExactTags: true,
  refusesTokenSecrets: true,
  refusesTemplateFinalizers: true,
  conditionTellsCause: true,
  checksDataKeys: true,
}

const ESO: Parity = {
  vaultExtractKeepsNumberText: false,
  tracksNoMetadata: false,
  rewriteCollisionFails: false,
  storeRefAloneFails: false,
  refusesForeignSecrets: false,
  findsExactTags: false,
  refusesTokenSecrets: false,
  refusesTemplateFinalizers: false,
  conditionTellsCause: false,
  checksDataKeys: false,
}

/** All switches of one mode; there is no mixing from outside. */
export function parityOf(mode: ParityMode): Parity {
  return mode === 'eso' ? ESO : WAYBILL
}
