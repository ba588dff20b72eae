import { MANAGED_BY, MANAGER, type RemoteSecret } from '../../model/push.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { fromBinary, toBinary } from '../../values/binary.ts'
import { readJson } from '../../values/json.ts'
import { literalPath, propertyAt, withMember, withoutProperty } from '../../values/json-property.ts'

// KV v1 has no metadata: ESO keeps the mark as a key `custom_metadata` of the secret itself.

const MARK = 'custom_metadata'

/** A secret of KV v1 as a push sees it. The mark is taken out of the body: it is not part of what is compared and pushed. */
export function unmarked(bytes: SecretValue): RemoteSecret {
  const binary = toBinary(bytes.reveal())
  const json = readJson(binary)
  const mark = propertyAt(json, [...literalPath(MARK), ...literalPath(MANAGED_BY)])
  const bare = json === undefined ? binary : withoutProperty(json, literalPath(MARK))
  return {
    isManaged: mark?.shape === 'string' && mark.text === MANAGER,
    body: { shape: 'bytes', bytes: new SecretValue(fromBinary(bare)) },
    marks: { labels: new Map(), annotations: new Map() },
    revision: '',
  }
}

/** The JSON of a secret with the mark in it. */
export function marked(json: string): string {
  return withMember(json, MARK, `{"${MANAGED_BY}":"${MANAGER}"}`)
}
