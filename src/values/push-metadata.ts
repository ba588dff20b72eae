import { stringMap } from '../model/external-secret.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member, text } from '../model/json.ts'
import { MANAGED_BY, type PushDialect } from '../model/push.ts'
import { type Attempt, done, failed } from './attempt.ts'

// `metadata` of an entry: an object of its own, `PushSecretMetadata`, whose `spec` belongs to the provider. Upstream refuses
// members that it does not know, and so does this: a misspelt `kmsKeyID` would encrypt with another key than was meant.

const API_VERSION = 'kubernetes.external-secrets.io/v1alpha1'
const KIND = 'PushSecretMetadata'

/** What a member has to be: the words for it, and the check. */
interface Form {
  readonly words: string
  readonly fits: (value: JsonValue) => boolean
}

const isText = (value: JsonValue | undefined): boolean => typeof value === 'string'
const TEXT: Form = { words: 'a text', fits: isText }
const BOOLEAN: Form = { words: 'true or false', fits: (value) => typeof value === 'boolean' }
const OBJECT: Form = { words: 'an object', fits: isObject }
const TEXTS: Form = {
  words: 'a list of texts',
  fits: (value) => isArray(value) && value.every(isText),
}
const MAP: Form = {
  words: 'a map of texts',
  fits: (value) => isObject(value) && Object.values(value).every(isText),
}
const oneOf = (...choices: readonly string[]): Form => ({
  words: choices.join(' or '),
  fits: (value) => choices.includes(text(value) ?? ''),
})

/** AWS Secrets Manager spells it `kmsKeyId`, the Parameter Store `kmsKeyID`; Go's decoder takes both for both. */
const MEMBERS: Readonly<Record<PushDialect, Readonly<Record<string, Form>>>> = {
  'aws-secrets-manager': {
    tags: MAP,
    description: TEXT,
    secretPushFormat: oneOf('binary', 'string'),
    kmsKeyID: TEXT,
    kmsKeyId: TEXT,
  },
  'aws-parameter-store': {
    tags: MAP,
    description: TEXT,
    secretType: oneOf('String', 'StringList', 'SecureString'),
    kmsKeyID: TEXT,
    kmsKeyId: TEXT,
    tier: OBJECT,
    encodeAsDecoded: BOOLEAN,
  },
  'gcp-secret-manager': {
    annotations: MAP,
    labels: MAP,
    topics: TEXTS,
    mergePolicy: oneOf('Replace', 'Merge'),
    cmekKeyName: TEXT,
    replicationLocation: TEXT,
    replicationLocations: TEXTS,
  },
  'vault-kv1': {},
  'vault-kv2': {},
  kubernetes: {
    labels: MAP,
    annotations: MAP,
    sourceMergePolicy: oneOf('Merge', 'Replace'),
    targetMergePolicy: oneOf('Merge', 'Replace', 'Ignore'),
    remoteNamespace: TEXT,
  },
  fake: {},
}

/** `metadata.spec`, checked for this provider; empty without metadata. */
export function metadataSpec(
  dialect: PushDialect,
  metadata: JsonObject | undefined,
): Attempt<JsonObject> {
  if (metadata === undefined) return done(Object.create(null))
  if (member(metadata, 'apiVersion') !== API_VERSION || member(metadata, 'kind') !== KIND) {
    return invalid(`has to be a ${KIND} of ${API_VERSION}`)
  }
  const spec = member(metadata, 'spec') ?? Object.create(null)
  if (!isObject(spec)) return invalid('has a spec that is no object')
  const problem = problemOf(spec, dialect)
  if (problem !== undefined) return problem
  if (stringMap(member(spec, 'tags'))?.has(MANAGED_BY)) {
    return invalid(`may not set the tag ${MANAGED_BY}`, 'tags')
  }
  return done(spec)
}

/** The first member that is unknown or of the wrong form. */
function problemOf(spec: JsonObject, dialect: PushDialect): Attempt<never> | undefined {
  const members = MEMBERS[dialect]
  for (const [name, value] of Object.entries(spec)) {
    const form = Object.hasOwn(members, name) ? members[name] : undefined
    if (form === undefined) {
      return invalid(`has a member ${JSON.stringify(name)} that ${dialect} does not know`, name)
    }
    if (!form.fits(value ?? null)) return invalid(`has a ${name} that is not ${form.words}`, name)
  }
  return undefined
}

function invalid(message: string, name?: string): Attempt<never> {
  const field = name === undefined ? '.metadata' : `.metadata.spec.${name}`
  return failed('InvalidEntry', `metadata ${message}`, field)
}
