import { type HttpClient, HttpFailure } from '../model/http.ts'
import type { Store } from '../model/store.ts'
import type { NetworkPolicy } from '../model/store-policy.ts'
import { createFence, isMetadataAddress } from './store-address.ts'
import { createHttpClient, type HttpClientOptions } from './transport.ts'

/** The network as each store may use it. The caller closes it. */
export interface StoreClients {
  readonly httpFor: (store: Pick<Store, 'kind' | 'provider'>) => HttpClient
  /** To the metadata server of this machine, which no store reaches. */
  readonly metadata: HttpClient
  readonly close: () => void
}

/** What the fences are made of. */
export interface StoreClientOptions {
  readonly network: NetworkPolicy
  /** Then tenants write the stores of their namespaces, and we stand where they do not. */
  readonly isInCluster: boolean
  readonly apiAddresses: readonly string[]
  /** Stands for DNS in tests. */
  readonly resolve?: HttpClientOptions['resolve']
}

/** One client per fence: connections that one has opened are not used through another. */
export function createStoreClients(options: StoreClientOptions): StoreClients {
  const { network, isInCluster, apiAddresses, resolve } = options
  const clients = new Map<string, HttpClient>()
  const metadata = createHttpClient({ isAddressAllowed: isMetadataAddress })
  return {
    httpFor: ({ kind, provider }) => {
      const isStrict = isInCluster && kind === 'SecretStore'
      const isOfKubernetes = isStrict && provider === 'kubernetes'
      const name = `${isStrict} ${isOfKubernetes}`
      const known = clients.get(name)
      if (known !== undefined) return known
      const isAddressAllowed = createFence({
        isStrict,
        network,
        apiAddresses: isOfKubernetes ? [] : apiAddresses,
      })
      const http = createHttpClient({
        isAddressAllowed,
        ...(resolve === undefined ? {} : { resolve }),
      })
      const client = network.requiresTls ? tlsOnly(http) : http
      clients.set(name, client)
      return client
    },
    metadata,
    close: () => {
      metadata.close()
      for (const client of clients.values()) client.close()
    },
  }
}

function tlsOnly(http: HttpClient): HttpClient {
  return {
    request: async (request) => {
      if (/^https:/i.test(request.url)) return http.request(request)
      throw new HttpFailure(
        'refused',
        'the store policy asks for https, and the store is not there',
      )
    },
    close: http.close,
  }
}
