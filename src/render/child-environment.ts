// What kustomize and helm see of our environment. Both hand everything on to what they run (exec functions inherit all of it),
// so only names on this list pass: never AWS_*, VAULT_*, GOOGLE_*, a token, a kubeconfig or git credentials.

// A list of what may pass: tokens and credentials of the plugin's pod are not on it.
const PASSED: ReadonlySet<string> = new Set([
  'HOME',
  'PATH',
  'TMPDIR',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  // Where charts that are fetched (`--enable-helm`) are kept.
  'HELM_CACHE_HOME',
  'HELM_CONFIG_HOME',
  'HELM_DATA_HOME',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  // Remote bases behind a proxy.
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'https_proxy',
  'http_proxy',
  'no_proxy',
])

/** The same bytes in every locale and time zone; git must never wait for an answer. */
const FIXED: Readonly<Record<string, string>> = {
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
}

/**
 * Trust: kustomize and helm run on a tenant's files, so they get a list of names and nothing else
 * of our environment.
 */
export function childEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed: Record<string, string> = { ...FIXED }
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && PASSED.has(name)) passed[name] = value
  }
  return passed
}
