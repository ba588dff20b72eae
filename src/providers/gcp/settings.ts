import { text } from '../../model/json.ts'
import { ProviderError } from '../provider.ts'
import type { Opening } from '../references.ts'
import { decodeGcpAuth } from './auth.ts'

/** `spec.provider.gcpsm`, defaults applied. */
export interface GcpSettings {
  /** Project of the secrets; empty: that of the cluster. */
  readonly project: string
  /** Empty for secrets that are replicated by Google. */
  readonly location: string
  /** When `latest` is disabled or destroyed: whether the newest enabled version is good enough. */
  readonly fetchesLatest: boolean
}

export const AUTH_FIELD = 'spec.provider.gcpsm.auth'

/** Throws ProviderError `invalid`. */
export function decodeGcp({ store }: Opening): GcpSettings {
  const { settings } = store
  const auth = decodeGcpAuth(settings.auth, AUTH_FIELD)
  const own = text(settings.projectID) ?? ''
  // R160: of a workload identity the cluster's project may be that of the secrets, too.
  const project = own || (auth.source === 'workload-identity' ? auth.project : '')
  if (project === '' && auth.source === 'key') {
    throw invalid('the gcpsm store names no project', 'set spec.provider.gcpsm.projectID')
  }
  const location = text(settings.location) ?? ''
  // Trust: the one becomes a part of a path, the other of a host name.
  if (!/^[a-z0-9.:-]{0,100}$/.test(project)) {
    throw invalid('the gcpsm projectID is no id of a project', 'it wants the id, not the name')
  }
  if (!/^[a-z0-9-]{0,50}$/.test(location)) {
    throw invalid('the gcpsm location is no name of a location', 'e.g. europe-west3')
  }
  const fetchesLatest = text(settings.secretVersionSelectionPolicy) === 'LatestOrFetch'
  return { project, location, fetchesLatest }
}

function invalid(message: string, hint: string): ProviderError {
  return new ProviderError('invalid', message, hint)
}
