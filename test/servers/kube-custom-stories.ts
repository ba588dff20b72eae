import {
  dig,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../../src/model/json.ts'
import type { Ask, Story } from './kube-stories.ts'

// What kube-apiserver 1.35.4 was seen to answer about objects of ESO's CustomResourceDefinitions: status, generation,
// finalizers. The namespace `demo` and the definitions have to be there.

const PATH = '/apis/external-secrets.io/v1/namespaces/demo/externalsecrets'
const MERGE = 'application/merge-patch+json'
const NO_UID = '00000000-0000-0000-0000-000000000000'
const FINALIZER = 'example.com/cleanup'
const NOW = '2030-01-01T00:00:00Z'

/** Asks everything of an API server. */
export async function tellCustomStories(admin: Ask): Promise<readonly Story[]> {
  const told: Story[] = []
  const tell: Tell = async (story, seen, asking) => {
    const { status, body } = await asking
    told.push({ story, seen, got: summary(status, body) })
    return body
  }
  await tellStatus(tell, admin)
  await tellFinalizers(tell, admin)
  return told
}

type Tell = (story: string, seen: string, asking: ReturnType<Ask>) => Promise<JsonValue | undefined>

async function tellStatus(tell: Tell, admin: Ask): Promise<void> {
  const born = { ...object({}), status: { refreshTime: NOW } }
  const post = admin('POST', `${PATH}?fieldManager=author`, born)
  const first = await tell('a status is not created', '201 gen=1 [] author/Update', post)
  const uid = text(dig(first, 'metadata', 'uid')) ?? ''
  const old = text(dig(first, 'metadata', 'resourceVersion')) ?? ''
  const status = (body: JsonObject, metadata: JsonObject = {}) =>
    admin('PATCH', `${PATH}/a/status?fieldManager=w`, { metadata, status: body }, MERGE)
  const whole = { refreshTime: NOW, binding: { name: 'a' }, conditions: [READY] }
  const both = '200 gen=1 [binding,conditions,refreshTime] author/Update w/Update/status'
  const second = await tell('a status is patched', both, status(whole, { uid }))
  const again = await tell('… again', both, status(whole, { uid }))
  const versions = [second, again].map((body) => dig(body, 'metadata', 'resourceVersion'))
  await tell(
    '… changes nothing',
    both,
    Promise.resolve({ status: 200, body: sameOf(versions, again) }),
  )
  await tell('another uid is not looked at', both, status(whole, { uid: NO_UID }))
  await tell('a stale status', '409 Conflict', status({ binding: null }, { resourceVersion: old }))
  const less = '200 gen=1 [conditions,refreshTime] author/Update w/Update/status'
  await tell('null takes a member away', less, status({ binding: null }, { uid }))
  await tell('labels stay out of it', less, status({}, { labels: { l: '1' } }))
  const edit = { spec: { refreshInterval: '5m0s' }, status: { refreshTime: null } }
  const edited = '200 gen=2 [conditions,refreshTime] author/Update w/Update/status'
  const patch = admin('PATCH', `${PATH}/a?fieldManager=author`, edit, MERGE)
  await tell('an edit counts, and leaves the status', edited, patch)
  const label = admin(
    'PATCH',
    `${PATH}/a?fieldManager=author`,
    { metadata: { labels: { l: '1' } } },
    MERGE,
  )
  await tell('a label does not count', edited, label)
  const none = admin('PATCH', `${PATH}/none/status?fieldManager=w`, { status: whole }, MERGE)
  await tell('the status of nothing', '404 NotFound', none)
}

/** The same body, or none when two versions differ. */
function sameOf(
  [one, other]: readonly unknown[],
  body: JsonValue | undefined,
): JsonValue | undefined {
  return one === other ? body : undefined
}

async function tellFinalizers(tell: Tell, admin: Ask): Promise<void> {
  const read = async (): Promise<JsonObject> => {
    const { body } = await admin('GET', `${PATH}/a`)
    const { uid, resourceVersion } = (member(body, 'metadata') ?? {}) as JsonObject
    return { uid, resourceVersion }
  }
  const patch = (metadata: JsonObject) =>
    admin('PATCH', `${PATH}/a?fieldManager=w`, { metadata }, MERGE)
  const before = await read()
  const added = '200 gen=2 [conditions,refreshTime] author/Update w/Update w/Update/status +1'
  await tell('a finalizer is added', added, patch({ ...before, finalizers: [FINALIZER] }))
  const stale = patch({ ...before, finalizers: null })
  await tell('a stale list of finalizers', '409 Conflict', stale)
  const other = patch({ uid: NO_UID, finalizers: [] })
  await tell('finalizers of another object', '422 Invalid metadata.uid', other)
  const ending =
    '200 gen=3 [conditions,refreshTime] author/Update w/Update w/Update/status +1 ending'
  await tell('delete waits for it', ending, admin('DELETE', `${PATH}/a`))
  await tell('… and is patient', ending, admin('DELETE', `${PATH}/a`))
  const more = patch({ ...(await read()), finalizers: [FINALIZER, 'example.com/more'] })
  await tell('no more of them', '422 Invalid metadata.finalizers', more)
  const status = { status: { refreshTime: '2030-01-01T00:00:01Z' } }
  const still = admin('PATCH', `${PATH}/a/status?fieldManager=w`, status, MERGE)
  await tell('a status is still written', ending, still)
  const last = '200 gen=3 [conditions,refreshTime] author/Update w/Update/status ending'
  await tell('the last one goes', last, patch({ ...(await read()), finalizers: [] }))
  await tell('… and with it the object', '404 NotFound', admin('GET', `${PATH}/a`))
}

const READY: JsonObject = {
  type: 'Ready',
  status: 'True',
  reason: 'SecretSynced',
  message: 'secret synced',
  lastTransitionTime: NOW,
}

function object(metadata: JsonObject): JsonObject {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'a', namespace: 'demo', ...metadata },
    spec: {
      refreshInterval: '1h0m0s',
      target: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
    },
  }
}

/** Status, generation, members of the status, who owns what, finalizers. */
function summary(status: number, body: JsonValue | undefined): string {
  if (member(body, 'kind') === 'Status') {
    const causes = dig(body, 'details', 'causes')
    const fields = isArray(causes) ? causes.map((cause) => member(cause, 'field')) : []
    return [status, member(body, 'reason'), ...new Set(fields)].join(' ')
  }
  const metadata = member(body, 'metadata')
  const members = member(body, 'status')
  const owners = member(metadata, 'managedFields')
  const who = (isArray(owners) ? owners : [])
    .map((one) => [member(one, 'manager'), member(one, 'operation'), member(one, 'subresource')])
    .map((parts) => parts.filter((part) => part !== undefined).join('/'))
  const finalizers = member(metadata, 'finalizers')
  return [
    status,
    `gen=${member(metadata, 'generation')}`,
    `[${Object.keys(isObject(members) ? members : {}).sort()}]`,
    ...who.sort(),
    ...(isArray(finalizers) ? [`+${finalizers.length}`] : []),
    ...(member(metadata, 'deletionTimestamp') === undefined ? [] : ['ending']),
  ].join(' ')
}
