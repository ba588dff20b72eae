import { isObject, member } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { decodeStore } from '../../model/store.ts'
import type { Ask } from '../generators/asking.ts'
import { gcpDoor } from './door.ts'
import { gcpIdentity } from './identity.ts'

const REQUEST_MS = 10_000
/** What Artifact Registry and Container Registry take as a user name beside an access token. */
const USERNAME = 'oauth2accesstoken'

/** An access token as a login to Google's registries. */
export const gcrAccessToken: Ask = async (spec, context) => {
  // Its `auth` is that of a gcpsm store, and so are the rules of its references.
  const store = decodeStore({
    kind: 'SecretStore',
    metadata: { name: '', namespace: context.namespace },
    spec: { provider: { gcpsm: isObject(spec) ? spec : {} } },
  })
  const place = { auth: member(spec, 'auth'), field: 'spec.auth', requestMs: REQUEST_MS }
  const door = gcpDoor({ store, context }, place)
  const { value, expiresMs } = await gcpIdentity(door).token(context.signal)
  return new Map([
    ['username', SecretValue.fromText(USERNAME)],
    ['password', value],
    ['expiry', SecretValue.fromText(String(Math.floor(expiresMs / 1000)))],
  ])
}
