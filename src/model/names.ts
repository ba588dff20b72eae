// The API server's rules for names, keys and label values. Lengths count bytes there; here UTF-16 units do, which comes
// to the same, because only ASCII passes the patterns.

/** Which of the API server's grammars a name must follow. */
export type NameKind =
  | 'data-key'
  | 'secret-name'
  | 'dns1123-subdomain'
  | 'dns1123-label'
  | 'dns1035-label'
  | 'namespace-name'
  | 'generate-name'
  | 'label-key'
  | 'label-value'
  | 'annotation-key'
  | 'env-var'

const SUBDOMAIN_MAX = 253
const LABEL_MAX = 63

const DATA_KEY = /^[-._a-zA-Z0-9]+$/
const DNS_1123_LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/
const DNS_1035_LABEL = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/
const ENV_VAR = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/
const QUALIFIED = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

/** What the API server would find wrong with `value`, as the end of a sentence; undefined when it is valid. */
export function nameProblem(kind: NameKind, value: string): string | undefined {
  switch (kind) {
    case 'data-key':
      return dataKeyProblem(value)
    case 'secret-name':
    case 'dns1123-subdomain':
      return subdomainProblem(value)
    case 'dns1123-label':
    case 'namespace-name':
      return labelProblem(value)
    case 'dns1035-label':
      return dns1035Problem(value)
    case 'generate-name':
      return subdomainProblem(withoutTrailingDash(value))
    case 'label-key':
      return qualifiedNameProblem(value)
    case 'label-value':
      return labelValueProblem(value)
    case 'annotation-key':
      return qualifiedNameProblem(lowerCase(value))
    case 'env-var':
      return envVarProblem(value)
  }
}

function dataKeyProblem(value: string): string | undefined {
  if (value.length > SUBDOMAIN_MAX) return tooLong(SUBDOMAIN_MAX)
  if (!DATA_KEY.test(value)) return "must consist of letters, digits, '-', '_' and '.'"
  return dotsProblem(value)
}

function envVarProblem(value: string): string | undefined {
  if (!ENV_VAR.test(value)) {
    return "must consist of letters, digits, '-', '_' and '.', and not start with a digit"
  }
  return dotsProblem(value)
}

/** Keys become file names in a volume, where `..data` and the like are the kubelet's own. */
function dotsProblem(value: string): string | undefined {
  if (value === '.') return "must not be '.'"
  return value.startsWith('..') ? "must not start with '..'" : undefined
}

function subdomainProblem(value: string): string | undefined {
  if (value.length > SUBDOMAIN_MAX) return tooLong(SUBDOMAIN_MAX)
  if (value.split('.').every((label) => DNS_1123_LABEL.test(label))) return undefined
  return "must consist of lower case letters, digits, '-' and '.', and every part must start and end with a letter or digit"
}

function labelProblem(value: string): string | undefined {
  if (value.length > LABEL_MAX) return tooLong(LABEL_MAX)
  if (DNS_1123_LABEL.test(value)) return undefined
  return "must consist of lower case letters, digits and '-', and start and end with a letter or digit"
}

function dns1035Problem(value: string): string | undefined {
  if (value.length > LABEL_MAX) return tooLong(LABEL_MAX)
  if (DNS_1035_LABEL.test(value)) return undefined
  return "must consist of lower case letters, digits and '-', start with a letter, and end with a letter or digit"
}

function labelValueProblem(value: string): string | undefined {
  if (value.length > LABEL_MAX) return tooLong(LABEL_MAX)
  if (value === '' || QUALIFIED.test(value)) return undefined
  return "must be empty, or consist of letters, digits, '-', '_' and '.', and start and end with a letter or digit"
}

function qualifiedNameProblem(value: string): string | undefined {
  const parts = value.split('/')
  const name = parts.at(-1) ?? ''
  const prefix = parts.length > 1 ? parts[0] : undefined
  if (parts.length > 2) return "must hold at most one '/'"
  if (prefix === '') return "must have a prefix before '/'"
  if (prefix !== undefined) {
    const problem = subdomainProblem(prefix)
    if (problem !== undefined) return `prefix ${problem}`
  }
  if (name === '') return 'must not be empty'
  if (name.length > LABEL_MAX) return tooLong(LABEL_MAX)
  if (QUALIFIED.test(name)) return undefined
  return "must consist of letters, digits, '-', '_' and '.', and start and end with a letter or digit"
}

/** The API server puts one letter for the last two bytes before it looks: `_-` is accepted. */
function withoutTrailingDash(value: string): string {
  return value.length > 1 && value.endsWith('-') ? `${value.slice(0, -2)}a` : value
}

/** Go lowers a dotted capital I to one letter, JavaScript to two characters. */
function lowerCase(value: string): string {
  return value.replaceAll('\u0130', 'i').toLowerCase()
}

function tooLong(max: number): string {
  return `must be no more than ${max} characters`
}
