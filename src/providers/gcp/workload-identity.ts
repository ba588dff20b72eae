import { ProviderError } from '../provider.ts'
import type { AccountRef } from '../references.ts'
import { namespaceOf, revealText } from '../references.ts'
import { isServiceAccountEmail } from './account-key.ts'
import type { WorkloadIdentity } from './auth.ts'
import { accountPrincipal, type GcpDoor, type GcpToken } from './door.ts'
import {
  type Explained,
  impersonate,
  jsonBody,
  oauthToken,
  type Principal,
  SCOPE,
} from './exchange.ts'
import { metadataName } from './metadata-server.ts'

// Workload Identity of GKE without a pod: the token of the ServiceAccount is asked for here, and exchanged (R161).

/** Links a ServiceAccount to a service account of Google. */
const ANNOTATION = 'iam.gke.io/gcp-service-account'
const TOKEN_SECONDS = 15 * 60

/** A token of the linked service account, else of the ServiceAccount itself. */
export async function workloadToken(
  door: GcpDoor,
  identity: WorkloadIdentity,
  signal: AbortSignal,
): Promise<GcpToken> {
  const { account } = identity
  const { opening, line, endpoints } = door
  const email = await linkedAccount(door, account)
  const place = await placeOf(door, identity, signal)
  const pool = `${place.project}.svc.id.goog`
  // The pool comes first: it is what the exchange asks for, the others are for whoever else reads the token.
  const audiences = [pool, ...account.audiences.filter((name) => name !== pool)]
  const { credentials } = opening.context
  const token = await credentials.serviceAccountToken(account, audiences, TOKEN_SECONDS)
  const namespace = namespaceOf(account, opening.store, opening.context)
  const principal: Principal = {
    words: `ServiceAccount ${namespace}/${account.name}`,
    member: `serviceAccount:${pool}[${namespace}/${account.name}]`,
    email: '',
  }
  // Not asked for anything: the URL is how the exchange names a cluster.
  const provider = `https://container.googleapis.com/v1/projects/${place.project}/locations/${place.location}/clusters/${place.cluster}`
  const question = {
    call: 'securetoken:IdentityBindingToken',
    method: 'POST' as const,
    url: `${endpoints.secureToken}/v1/identitybindingtoken`,
    token: undefined,
    body: jsonBody({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token: revealText(token),
      audience: `identitynamespace:${pool}:${provider}`,
      scope: SCOPE,
    }),
  }
  const explained: Explained = {
    what: `workload identity pool ${pool} refuses ${principal.words} of cluster ${place.location}/${place.cluster}`,
    hint: () =>
      `see that Workload Identity is on: gcloud container clusters describe ${place.cluster} --location=${place.location} --project=${place.project} --format='value(workloadIdentityConfig)'`,
  }
  const federated = await oauthToken(line, question, { explained, signal })
  // Without a link IAM knows the ServiceAccount itself, as a member of the pool.
  if (email === '') return { ...federated, principal }
  const { iamCredentials } = endpoints
  const step = { iamCredentials, email, token: federated.value, from: principal }
  return { ...(await impersonate(line, step, signal)), principal: accountPrincipal(email) }
}

/** The service account that a ServiceAccount is linked to; empty without a link. */
export async function linkedAccount(
  { opening, field }: GcpDoor,
  account: AccountRef,
): Promise<string> {
  const { store, context } = opening
  const where = `ServiceAccount ${namespaceOf(account, store, context)}/${account.name}`
  const found = await context.credentials.serviceAccount(account)
  if (found === undefined) {
    const hint = `create it, or correct serviceAccountRef in ${field}`
    throw new ProviderError('credentials-not-found', `${where} does not exist`, hint)
  }
  const email = found.annotations.get(ANNOTATION) ?? ''
  if (email === '' || isServiceAccountEmail(email)) return email
  throw new ProviderError('invalid', `annotation ${ANNOTATION} of ${where} is no email`)
}

/** A cluster, as Google names it. */
interface ClusterPlace {
  readonly project: string
  readonly location: string
  readonly cluster: string
}

/** What the store leaves out is asked of the metadata server, which knows one cluster only: the one that we run in. */
async function placeOf(
  door: GcpDoor,
  { project, location, cluster }: WorkloadIdentity,
  signal: AbortSignal,
): Promise<ClusterPlace> {
  const ask = (path: string): Promise<string> => metadataName(door, path, signal)
  return {
    project: project || (await ask('project/project-id')),
    location: location || (await ask('instance/attributes/cluster-location')),
    cluster: cluster || (await ask('instance/attributes/cluster-name')),
  }
}
