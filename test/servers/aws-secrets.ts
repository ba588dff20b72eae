import { createHash } from 'node:crypto'

// The secrets that the AWS server holds, their versions and staging labels.

/** A string; or what is not one string. */
export type SecretSeed =
  | string
  | {
      readonly string?: string
      readonly binary?: Uint8Array
      readonly tags?: Readonly<Record<string, string>>
      /** Older versions, for VersionId and VersionStage. */
      readonly versions?: readonly {
        readonly id: string
        readonly stages?: readonly string[]
        readonly string?: string
        readonly binary?: Uint8Array
      }[]
    }

export interface AwsVersion {
  readonly id: string
  readonly stages: readonly string[]
  readonly text: string | undefined
  readonly binary: Uint8Array | undefined
  readonly createdMs: number
}

export interface AwsSecret {
  readonly name: string
  readonly arn: string
  versions: readonly AwsVersion[]
  tags: ReadonlyMap<string, string>
  /** The code that GetSecretValue answers once the secret is marked for deletion. */
  deletion: 'InvalidRequestException' | 'InvalidParameterException' | undefined
  /** The input of CreateSecret and DeleteSecret, once they were called. */
  made?: Readonly<Record<string, unknown>>
  removed?: Readonly<Record<string, unknown>>
}

export interface AwsStore {
  readonly set: (name: string, seed: SecretSeed) => void
  /** By name, ARN, or ARN without its random suffix. */
  readonly find: (id: string) => AwsSecret | undefined
  readonly all: () => readonly AwsSecret[]
  readonly edit: {
    readonly set: (name: string, seed: SecretSeed) => void
    readonly secret: (name: string) => AwsSecret | undefined
    readonly remove: (name: string) => void
    readonly markForDeletion: (name: string, as?: AwsSecret['deletion']) => void
    readonly setTags: (name: string, tags: Readonly<Record<string, string>>) => void
  }
}

/** Six characters follow the name, as AWS adds them; here they follow from the name. */
export function arnOf(region: string, name: string): string {
  const suffix = createHash('sha256').update(name).digest('hex').slice(0, 6)
  return `arn:aws:secretsmanager:${region}:123456789012:secret:${name}-${suffix}`
}

export function awsStore(region: string, now: () => number): AwsStore {
  const secrets = new Map<string, AwsSecret>()
  const set = (name: string, seed: SecretSeed): void => {
    const old = secrets.get(name)
    const secret = old ?? {
      name,
      arn: arnOf(region, name),
      versions: [],
      tags: new Map(),
      deletion: undefined,
    }
    const { tags } = typeof seed === 'string' ? {} : seed
    if (tags !== undefined) secret.tags = new Map(Object.entries(tags))
    secret.versions = [...seededVersions(seed, now()), ...rotated(secret, seed, now())]
    secrets.set(name, secret)
  }
  const change = (name: string, edit: (secret: AwsSecret) => void): void => {
    const secret = secrets.get(name)
    if (secret === undefined) throw new Error(`no secret ${name}`)
    edit(secret)
  }
  return {
    set,
    find: (id) =>
      secrets.get(id) ??
      [...secrets.values()].find(({ arn }) => arn === id || arn.slice(0, -7) === id),
    all: () => [...secrets.values()],
    edit: {
      set,
      secret: (name) => secrets.get(name),
      remove: (name) => secrets.delete(name),
      markForDeletion: (name, as = 'InvalidRequestException') =>
        change(name, (secret) => {
          secret.deletion = as
        }),
      setTags: (name, tags) =>
        change(name, (secret) => {
          secret.tags = new Map(Object.entries(tags))
        }),
    },
  }
}

function seededVersions(seed: SecretSeed, nowMs: number): readonly AwsVersion[] {
  if (typeof seed === 'string') return []
  return (seed.versions ?? []).map(({ id, stages = [], string, binary }) => ({
    id,
    stages,
    text: string,
    binary,
    createdMs: nowMs,
  }))
}

/** The new current version; what was current becomes AWSPREVIOUS, what was previous loses its label. */
function rotated({ versions }: AwsSecret, seed: SecretSeed, nowMs: number): readonly AwsVersion[] {
  const { string, binary } = typeof seed === 'string' ? { string: seed, binary: undefined } : seed
  const current: AwsVersion = {
    id: `00000000-0000-4000-8000-${String(versions.length + 1).padStart(12, '0')}`,
    stages: ['AWSCURRENT'],
    text: string,
    binary,
    createdMs: nowMs,
  }
  const moved = versions.map((version) => ({ ...version, stages: version.stages.flatMap(demoted) }))
  return [current, ...moved]
}

function demoted(stage: string): readonly string[] {
  if (stage === 'AWSCURRENT') return ['AWSPREVIOUS']
  return stage === 'AWSPREVIOUS' ? [] : [stage]
}
