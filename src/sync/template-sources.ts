import { type ExternalSecret, stringMap, type Target } from '../model/external-secret.ts'
import { dig, isArray, type JsonObject, member, text } from '../model/json.ts'
import type { SecretValue } from '../model/secret-value.ts'
import type { TemplateSources } from '../plan/desired.ts'
import { decodeObserved } from '../plan/observed.ts'
import type { Lookup } from './credentials.ts'

/** An ExternalSecret, or a PushSecret in its shape. */
export interface TemplateOwner extends Pick<ExternalSecret, 'namespace'> {
  readonly target: Pick<Target, 'template'>
}

/** Reads what `templateFrom` names, in its owner's own namespace, before anything is rendered. */
export async function readTemplateSources(
  { namespace, target }: TemplateOwner,
  lookup: Lookup,
): Promise<TemplateSources> {
  const configMaps = new Map<string, ReadonlyMap<string, string>>()
  for (const name of namesOf(target.template, 'configMap')) {
    const found = await lookup('ConfigMap', namespace, name)
    if (found !== undefined) configMaps.set(name, dataOf(found))
  }
  const secrets = new Map<string, ReadonlyMap<string, SecretValue>>()
  for (const name of namesOf(target.template, 'secret')) {
    const found = await lookup('Secret', namespace, name)
    if (found !== undefined) secrets.set(name, decodeObserved(found, []).data)
  }
  return { configMap: (name) => configMaps.get(name), secret: (name) => secrets.get(name) }
}

/** Names of the ConfigMaps or Secrets that `templateFrom` refers to. */
function namesOf(
  template: JsonObject | undefined,
  kind: 'configMap' | 'secret',
): ReadonlySet<string> {
  const items = member(template, 'templateFrom')
  const names = (isArray(items) ? items : []).map((item) => text(dig(item, kind, 'name')))
  return new Set(names.flatMap((name) => (name ? [name] : [])))
}

function dataOf(configMap: JsonObject): ReadonlyMap<string, string> {
  return stringMap(member(configMap, 'data')) ?? new Map()
}
