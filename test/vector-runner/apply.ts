import { decodeExternalSecret } from '../../src/model/external-secret.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { parityOf } from '../../src/model/parity.ts'
import type { Secret } from '../../src/model/secret.ts'
import { SecretValue } from '../../src/model/secret-value.ts'
import { buildDesired } from '../../src/plan/desired.ts'
import { type Call, readBytesMap, VectorError, writeBytesMap } from './case.ts'
import { engine } from './template-engine.ts'

interface Existing {
  readonly type?: string
  readonly data?: unknown
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
}

export function readValues(value: unknown): Map<string, SecretValue> {
  return new Map([...readBytesMap(value)].map(([key, bytes]) => [key, new SecretValue(bytes)]))
}

/** A Secret of the files → the model. */
export function readSecret(existing: Existing): Secret {
  return {
    name: 'x',
    namespace: 'ns',
    type: existing.type ?? '',
    data: readValues(existing.data),
    labels: new Map(Object.entries(existing.labels ?? {})),
    annotations: new Map(Object.entries(existing.annotations ?? {})),
    finalizers: existing.finalizers ?? [],
    immutable: false,
  }
}

/** The model → `{type?, data, labels?, annotations?, finalizers?}`, empty members left out. */
export function writeSecret({ type, data, labels, annotations, finalizers }: Secret): unknown {
  return {
    ...(type === '' ? {} : { type }),
    data: writeBytesMap(new Map([...data].map(([key, value]) => [key, value.reveal()]))),
    ...(labels.size === 0 ? {} : { labels: Object.fromEntries(labels) }),
    ...(annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    ...(finalizers.length === 0 ? {} : { finalizers }),
  }
}

/** Our codes of the template step → the categories of the vectors. */
export const TEMPLATE_CATEGORIES: Readonly<Record<string, string>> = {
  TemplateInvalid: 'parse',
  TemplateFailed: 'exec',
  TemplateNotFound: 'not-found',
  TemplateKeyNotFound: 'missing-key',
  InvalidTarget: 'target',
  NotAllowed: 'not-allowed',
  NotStringMap: 'yaml',
  DecodeFailed: 'decode',
  Unsupported: 'unsupported',
}

export const apply: Call = (input) => {
  const configMaps = new Map(Object.entries((input.configMaps ?? {}) as Record<string, object>))
  const secrets = new Map(Object.entries((input.secrets ?? {}) as Record<string, object>))
  const desired = buildDesired({
    externalSecret: decodeExternalSecret(input.externalSecret as JsonObject),
    data: readValues(input.data),
    existing: input.existing === undefined ? undefined : readSecret(input.existing as Existing),
    sources: {
      configMap: (name) => {
        const data = configMaps.get(name)
        return data === undefined
          ? undefined
          : new Map(Object.entries(data as Record<string, string>))
      },
      secret: (name) => (secrets.has(name) ? readValues(secrets.get(name)) : undefined),
    },
    templates: engine,
    parity: parityOf('eso'),
  })
  if (desired.outcome === 'failed') {
    const [first] = desired.errors
    throw new VectorError(TEMPLATE_CATEGORIES[first?.code ?? ''] ?? '', first?.message)
  }
  return writeSecret(desired.secret)
}
