import { dig, type JsonValue, text } from '../../model/json.ts'
import type { Store } from '../../model/store.ts'
import { type KeyRef, ProviderError } from '../provider.ts'
import { type AccountRef, decodeAccountRef, decodeKeyRef } from '../references.ts'
import { isLoopback, secureUrl } from '../secure-url.ts'

/** `spec.provider.azurekv`, references not read yet. */
export interface AzureSettings {
  /** Origin of the vault. */
  readonly vaultUrl: string
  readonly cloud: Cloud
  readonly auth: AzureAuth
}

/** Where a cloud has its logins, and whom its tokens are for. */
export interface Cloud {
  /** Without a slash at its end. */
  readonly login: string
  /** Audience of the token. */
  readonly resource: string
  /** Hosts of vaults end so. */
  readonly suffix: string
  /** The store says itself where to log in. */
  readonly isCustom: boolean
}

/** Who we are. A client ID or tenant of a Secret is a reference. */
export type AzureAuth =
  | {
      readonly method: 'service-principal'
      readonly tenant: string
      readonly clientId: KeyRef
      readonly credential: { readonly is: 'secret' | 'certificate'; readonly ref: KeyRef }
    }
  | {
      readonly method: 'workload-identity'
      readonly account: AccountRef
      readonly tenant: string | KeyRef | undefined
      readonly clientId: KeyRef | undefined
    }
  | { readonly method: 'pod' }
  | { readonly method: 'managed-identity'; readonly clientId: string | undefined }

export const FIELD = 'spec.provider.azurekv'

const CLOUDS: ReadonlyMap<string, readonly [login: string, suffix: string]> = new Map([
  ['PublicCloud', ['https://login.microsoftonline.com', 'vault.azure.net']],
  ['USGovernmentCloud', ['https://login.microsoftonline.us', 'vault.usgovcloudapi.net']],
  ['ChinaCloud', ['https://login.chinacloudapi.cn', 'vault.azure.cn']],
  ['GermanCloud', ['https://login.microsoftonline.de', 'vault.microsoftazure.de']],
])

/** `login` replaces the login of a known cloud. Throws ProviderError `invalid`, `unsupported` or `forbidden`. */
export function decodeAzure(store: Store, login: string | undefined): AzureSettings {
  const { settings } = store
  const cloud = cloudOf(settings, login)
  const auth = authOf(settings)
  const isOwn = auth.method === 'pod' || auth.method === 'managed-identity'
  // Trust: otherwise a tenant could have the identity of this pod sent to a host of its own.
  if (cloud.isCustom && isOwn && store.kind === 'SecretStore') {
    throw new ProviderError(
      'forbidden',
      `${FIELD}.customCloudConfig does not go with the identity of the pod`,
      `name a ServiceAccount in ${FIELD}.serviceAccountRef`,
    )
  }
  return { vaultUrl: vaultOf(text(settings.vaultUrl) ?? '', cloud), cloud, auth }
}

function cloudOf(settings: JsonValue, login: string | undefined): Cloud {
  const name = text(dig(settings, 'environmentType')) || 'PublicCloud'
  const custom = text(dig(settings, 'customCloudConfig', 'activeDirectoryEndpoint')) ?? ''
  const known = CLOUDS.get(name)
  if (custom === '') {
    if (known === undefined) {
      const message = `${FIELD}.environmentType ${name} needs customCloudConfig.activeDirectoryEndpoint`
      throw invalid(message, `or one of ${[...CLOUDS.keys()].join(', ')}`)
    }
    const [own, suffix] = known
    const at = login === undefined || login === '' ? own : secureUrl(login, 'AZURE_AUTHORITY_HOST')
    return { login: at, resource: `https://${suffix}`, suffix, isCustom: false }
  }
  const field = `${FIELD}.customCloudConfig`
  const given = text(dig(settings, 'customCloudConfig', 'keyVaultDNSSuffix')) || known?.[1] || ''
  const suffix = given.replace(/^\.+/, '')
  if (suffix === '') throw invalid(`${field}.keyVaultDNSSuffix is needed`, 'e.g. vault.example.com')
  return {
    login: secureUrl(custom, `${field}.activeDirectoryEndpoint`),
    resource: text(dig(settings, 'customCloudConfig', 'keyVaultEndpoint')) || `https://${suffix}`,
    suffix,
    isCustom: true,
  }
}

/**
 * Trust: the token for this vault is good for every other one, too, so it goes to no host that is
 * not one of the cloud.
 */
function vaultOf(vaultUrl: string, { suffix }: Cloud): string {
  const url = new URL(secureUrl(vaultUrl, `${FIELD}.vaultUrl`))
  if (isLoopback(url) || url.hostname.endsWith(`.${suffix}`)) return url.origin
  throw invalid(
    `${FIELD}.vaultUrl is no vault of its cloud: the host does not end in .${suffix}`,
    `e.g. https://my-vault.${suffix}; or set environmentType`,
  )
}

function authOf(settings: JsonValue): AzureAuth {
  const authType = text(dig(settings, 'authType')) || 'ServicePrincipal'
  switch (authType) {
    case 'ServicePrincipal':
      return servicePrincipal(settings)
    case 'WorkloadIdentity':
      return workloadIdentity(settings)
    case 'ManagedIdentity':
      return {
        method: 'managed-identity',
        clientId: text(dig(settings, 'identityId')) || undefined,
      }
    default:
      throw invalid(`${FIELD}.authType ${authType} is not known`)
  }
}

function servicePrincipal(settings: JsonValue): AzureAuth {
  const field = `${FIELD}.authSecretRef`
  const refOf = (name: string): KeyRef | undefined =>
    decodeKeyRef(dig(settings, 'authSecretRef', name))
  const clientId = refOf('clientId')
  const secret = refOf('clientSecret')
  const certificate = refOf('clientCertificate')
  if (clientId === undefined) throw invalid(`${field}.clientId names no Secret`)
  if ((secret === undefined) === (certificate === undefined)) {
    throw invalid(`${field} has to name exactly one of clientSecret and clientCertificate`)
  }
  const tenant = text(dig(settings, 'tenantId')) ?? ''
  if (tenant === '') throw invalid(`${FIELD}.tenantId is missing`)
  const credential =
    secret === undefined
      ? { is: 'certificate' as const, ref: certificate ?? clientId }
      : { is: 'secret' as const, ref: secret }
  return { method: 'service-principal', tenant: tenantName(tenant), clientId, credential }
}

/** Where a tenant gives tokens; also the audience of what we sign for it. */
export function tokenUrl(login: string, tenant: string): string {
  return `${login}/${tenant}/oauth2/v2.0/token`
}

/** Without a ServiceAccount it is the identity of the pod. */
function workloadIdentity(settings: JsonValue): AzureAuth {
  const account = decodeAccountRef(dig(settings, 'serviceAccountRef'))
  if (account === undefined) return { method: 'pod' }
  const secrets = dig(settings, 'authSecretRef')
  const clientId = decodeKeyRef(dig(secrets, 'clientId'))
  const tenantId = text(dig(settings, 'tenantId')) || undefined
  return {
    method: 'workload-identity',
    account,
    clientId,
    tenant: decodeKeyRef(dig(secrets, 'tenantId')) ?? (tenantId && tenantName(tenantId)),
  }
}

/** Trust: it becomes a part of the login's path. */
export function tenantName(tenant: string): string {
  if (/^[a-zA-Z0-9.-]{1,100}$/.test(tenant) && !/^\.+$/.test(tenant)) return tenant
  throw invalid(`the tenant of ${FIELD} is no ID and no domain`)
}

function invalid(message: string, hint?: string): ProviderError {
  return new ProviderError('invalid', message, hint)
}
