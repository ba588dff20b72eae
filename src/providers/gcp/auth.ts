import { dig, isObject, type JsonObject, type JsonValue, text } from '../../model/json.ts'
import { type KeyRef, type NameRef, ProviderError } from '../provider.ts'
import { type AccountRef, decodeAccountRef, decodeKeyRef } from '../references.ts'
import { isServiceAccountEmail } from './account-key.ts'

// `auth` as gcpsm stores, the GCRAccessToken generator and Vault's gcp method write it.

/** Who we are to Google, not looked up yet. */
export type GcpAuth =
  | { readonly source: 'key'; readonly ref: KeyRef }
  | ({ readonly source: 'workload-identity' } & WorkloadIdentity)
  | ({ readonly source: 'federation' } & Federation)
  | { readonly source: 'pod' }

/** A ServiceAccount of a GKE cluster. Empty texts are asked of the metadata server. */
export interface WorkloadIdentity {
  readonly account: AccountRef
  readonly project: string
  readonly location: string
  readonly cluster: string
}

/** An identity of somebody else, in a workload identity pool. */
export interface Federation {
  /** Resource name of the provider in the pool; empty: the configuration has it. */
  readonly audience: string
  /** Service account to become afterwards; empty: the configuration or the ServiceAccount may name one. */
  readonly email: string
  /** The one URL that a configuration may fetch its token from; empty for none. */
  readonly tokenEndpoint: string
  readonly subject: FederatedSubject
}

/** Where the token of the other identity provider comes from. */
export type FederatedSubject =
  | { readonly from: 'config'; readonly ref: KeyRef }
  | { readonly from: 'account'; readonly account: AccountRef }
  | { readonly from: 'aws'; readonly region: string; readonly secret: NameRef }

/** R161: a key, before the identity of a cluster, before one of elsewhere, before the pod's own. `field` is where it stands. */
export function decodeGcpAuth(auth: JsonValue | undefined, field: string): GcpAuth {
  const key = dig(auth, 'secretRef')
  if (isObject(key)) {
    const ref = decodeKeyRef(dig(key, 'secretAccessKeySecretRef'))
    if (ref !== undefined) return { source: 'key', ref }
    throw invalid(`${field}.secretRef.secretAccessKeySecretRef names no Secret`)
  }
  const identity = dig(auth, 'workloadIdentity')
  if (isObject(identity)) return decodeWorkloadIdentity(identity, `${field}.workloadIdentity`)
  const federation = dig(auth, 'workloadIdentityFederation')
  if (isObject(federation)) {
    return decodeFederation(federation, `${field}.workloadIdentityFederation`)
  }
  return { source: 'pod' }
}

/** Upstream: what is left out belongs to the cluster that the operator runs in. */
function decodeWorkloadIdentity(identity: JsonObject, field: string): GcpAuth {
  const account = decodeAccountRef(identity.serviceAccountRef)
  if (account === undefined) throw invalid(`${field}.serviceAccountRef names no ServiceAccount`)
  return {
    source: 'workload-identity',
    account,
    project: nameOf(identity, 'clusterProjectID', field),
    location: nameOf(identity, 'clusterLocation', field),
    cluster: nameOf(identity, 'clusterName', field),
  }
}

/** Trust: names become parts of URLs and audiences. Empty when absent. */
function nameOf(object: JsonObject, member: string, field: string): string {
  const name = text(dig(object, member)) ?? ''
  if (/^[a-zA-Z0-9.:_-]{0,100}$/.test(name)) return name
  throw invalid(`${field}.${member} is no name of Google Cloud`)
}

/** Upstream: the same rules, found at the first login instead of before it. */
function decodeFederation(federation: JsonObject, field: string): GcpAuth {
  const subject = decodeSubject(federation, field)
  const audience = text(federation.audience) ?? ''
  if (audience === '' && subject.from !== 'config') {
    throw invalid(`${field}.audience is needed with serviceAccountRef and awsSecurityCredentials`)
  }
  const email = text(federation.gcpServiceAccountEmail) ?? ''
  if (email !== '' && !isServiceAccountEmail(email)) {
    throw invalid(`${field}.gcpServiceAccountEmail is no email of a service account`)
  }
  const tokenEndpoint = text(federation.externalTokenEndpoint) ?? ''
  return { source: 'federation', audience, email, tokenEndpoint, subject }
}

/** Exactly one: the order of a choice between two identities would be a guess. */
function decodeSubject(federation: JsonObject, field: string): FederatedSubject {
  const { credConfig, serviceAccountRef, awsSecurityCredentials: aws } = federation
  if ([credConfig, serviceAccountRef, aws].filter((one) => isObject(one)).length !== 1) {
    const words = 'has to have exactly one of credConfig, serviceAccountRef, awsSecurityCredentials'
    throw invalid(`${field} ${words}`)
  }
  if (isObject(credConfig)) {
    const ref = decodeKeyRef(credConfig)
    if (ref !== undefined) return { from: 'config', ref }
    throw invalid(`${field}.credConfig names no ConfigMap`)
  }
  if (isObject(serviceAccountRef)) {
    const account = decodeAccountRef(serviceAccountRef)
    if (account !== undefined) return { from: 'account', account }
    throw invalid(`${field}.serviceAccountRef names no ServiceAccount`)
  }
  const secret = decodeKeyRef(dig(aws, 'awsCredentialsSecretRef'))
  const region = text(dig(aws, 'region')) ?? ''
  if (secret === undefined || !/^[a-z0-9-]{1,50}$/.test(region)) {
    throw invalid(`${field}.awsSecurityCredentials needs region and awsCredentialsSecretRef`)
  }
  return { from: 'aws', region, secret }
}

function invalid(message: string): ProviderError {
  return new ProviderError('invalid', message, 'see auth of the store')
}
