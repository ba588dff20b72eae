import { dig, type JsonObject, type JsonValue, member, text } from '../../model/json.ts'
import type { Answer } from '../../model/provider.ts'
import { failureOf, ProviderError } from '../provider.ts'
import { asking } from './asking.ts'
import { fake } from './fake.ts'
import type { GeneratorSources, Run } from './generated.ts'
import { password } from './password.ts'
import { sshKey } from './ssh-key.ts'
import { uuid } from './uuid.ts'

// The generators of ESO. They keep no state: what they made is kept by the Secret (decision 10).

/** A kind, and where a ClusterGenerator keeps its spec. */
interface Kind {
  /** Member of a ClusterGenerator's `spec.generator` that holds the spec. */
  readonly specName: string
  readonly run: Run
}

const KINDS: ReadonlyMap<string, Kind> = new Map([
  [
    'ECRAuthorizationToken',
    {
      specName: 'ecrAuthorizationTokenSpec',
      run: asking(async () => (await import('../aws/sdk.ts')).ecrAuthorizationToken),
    },
  ],
  ['Fake', { specName: 'fakeSpec', run: fake }],
  [
    'GCRAccessToken',
    {
      specName: 'gcrAccessTokenSpec',
      run: asking(async () => (await import('../gcp/open.ts')).gcrAccessToken),
    },
  ],
  [
    'GithubAccessToken',
    {
      specName: 'githubAccessTokenSpec',
      run: asking(async () => (await import('./github-access-token.ts')).githubAccessToken),
    },
  ],
  ['Password', { specName: 'passwordSpec', run: password }],
  ['SSHKey', { specName: 'sshKeySpec', run: sshKey }],
  [
    'STSSessionToken',
    {
      specName: 'stsSessionTokenSpec',
      run: asking(async () => (await import('../aws/sdk.ts')).stsSessionToken),
    },
  ],
  ['UUID', { specName: 'uuidSpec', run: uuid }],
  [
    'VaultDynamicSecret',
    {
      specName: 'vaultDynamicSecretSpec',
      run: asking(async () => (await import('../vault/client.ts')).vaultDynamicSecret),
    },
  ],
  [
    'Webhook',
    {
      specName: 'webhookSpec',
      run: asking(async () => (await import('./webhook.ts')).webhook),
    },
  ],
])

/** Runs one generator object. What it cannot do is an answer, too; nothing of the spec but names gets into a message. */
export async function generate(generator: JsonObject, sources: GeneratorSources): Promise<Answer> {
  try {
    const { kind, spec } = unwrap(generator)
    return { outcome: 'generated', data: await runnerOf(kind)(spec, sources) }
  } catch (error) {
    if (error instanceof ProviderError) return { outcome: 'failed', failure: failureOf(error) }
    throw error
  }
}

/** Whether it makes other values at every run. */
export function isRandom(generator: JsonObject): boolean {
  const { kind } = unwrapped(generator)
  return KINDS.has(kind) && kind !== 'Fake'
}

/** The controller class that it names; empty for any. Of these kinds only two have one. */
export function controllerClassOf(generator: JsonObject): string {
  const { kind, spec } = unwrapped(generator)
  const hasClass = kind === 'Fake' || kind === 'VaultDynamicSecret'
  return hasClass ? (text(member(spec, 'controller')) ?? '') : ''
}

/** The kind that counts and its spec, undefined when it has none. */
interface Unwrapped {
  readonly kind: string
  readonly spec: JsonValue | undefined
}

/** The kind and spec that count: a ClusterGenerator stands for another kind. */
function unwrapped(generator: JsonObject): Unwrapped {
  const kind = text(member(generator, 'kind')) ?? ''
  if (kind !== 'ClusterGenerator') return { kind, spec: member(generator, 'spec') }
  const inner = text(dig(generator, 'spec', 'kind')) ?? ''
  const specName = KINDS.get(inner)?.specName ?? ''
  return { kind: inner, spec: dig(generator, 'spec', 'generator', specName) }
}

/** Throws ProviderError for a ClusterGenerator without the spec of the kind that it names. */
function unwrap(generator: JsonObject): Unwrapped {
  const found = unwrapped(generator)
  const isWrapped = member(generator, 'kind') === 'ClusterGenerator'
  const specName = KINDS.get(found.kind)?.specName
  if (isWrapped && specName !== undefined && found.spec === undefined) {
    const message = `spec.generator.${specName} must be set when spec.kind is ${found.kind}`
    throw new ProviderError('invalid', message)
  }
  return found
}

/** Throws ProviderError `unsupported` for kinds that need a provider or a state. */
function runnerOf(kind: string): Run {
  const found = KINDS.get(kind)
  if (found !== undefined) return found.run
  throw new ProviderError(
    'unsupported',
    `generators of kind ${JSON.stringify(kind)} are not supported`,
    `supported are ${[...KINDS.keys()].join(', ')}, and ClusterGenerator around them`,
  )
}
