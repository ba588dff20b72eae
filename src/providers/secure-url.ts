import { ProviderError } from './provider.ts'

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])$/

/**
 * An https URL without slashes at its end; plain http only to this machine. Trust: whatever could show a token to the
 * network, or hide where it goes, is refused. Throws ProviderError that names `field`.
 */
export function secureUrl(given: string, field: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ProviderError('invalid', `${field} is no URL`, 'e.g. https://host.example.com')
  }
  if (`${url.username}${url.password}${url.search}${url.hash}` !== '') {
    throw new ProviderError('invalid', `${field} may have no user, query or fragment`)
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    const message = `${field} is plain http, which would show the token to the network`
    throw new ProviderError('invalid', message, 'use https')
  }
  return given.replace(/\/+$/, '')
}

/** This machine, where nobody listens on the way. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.test(hostname)
}
