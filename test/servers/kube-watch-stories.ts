import type { HttpStreams } from '../../src/model/http.ts'
import { dig, type JsonObject, type JsonValue, member, text } from '../../src/model/json.ts'
import type { Ask, Story } from './kube-stories.ts'

// What kube-apiserver 1.35.4 was seen to answer to those who watch: the same questions as in kube-stories, with streams.

const MAPS = '/api/v1/namespaces/demo/configmaps'
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

/** How to ask for a stream: address, CA and token. */
export interface WatchPlace {
  readonly url: string
  readonly ca: string
  readonly token: string
  readonly http: HttpStreams
  /** How long each watch lasts; a bookmark comes two seconds before its end. */
  readonly seconds: number
}

/** In the namespace `demo` that the other stories have made. */
export async function tellWatches(admin: Ask, place: WatchPlace): Promise<readonly Story[]> {
  const telling: Promise<Story>[] = []
  const tell = (story: string, seen: string, query: string, accept?: string): void => {
    telling.push(watched(place, query, accept).then((got) => ({ story, seen, got })))
  }
  const start = await versionOf(admin)
  await put(admin, 'one', { x: '1' }, { on: 'yes' })
  await put(admin, 'two', { x: '1' }, {})
  await put(admin, 'one', { x: '2' }, { on: 'yes' })
  const middle = await versionOf(admin)
  await put(admin, 'one', { x: '2' }, { on: 'no' })
  await put(admin, 'two', { x: '1' }, { on: 'yes' })
  await admin('DELETE', `${MAPS}/two`)
  const all = `resourceVersion=${start}`
  const later = `resourceVersion=${middle}`
  const selector = 'labelSelector=on%3Dyes'
  const history =
    'ADDED one=1 ADDED two=1 MODIFIED one=2 MODIFIED one=2 MODIFIED two=1 DELETED two=1 ADDED three=1'
  tell('all since a version', `200 ${history}`, all)
  tell('since later', '200 MODIFIED one=2 MODIFIED two=1 DELETED two=1 ADDED three=1', later)
  const seen = 'ADDED one=1 MODIFIED one=2 DELETED one=2 ADDED two=1 DELETED two=1'
  tell('what leaves the selector is deleted', `200 ${seen}`, `${all}&${selector}`)
  tell('names alone', '200 DELETED one ADDED two DELETED two', `${later}&${selector}`, METADATA)
  const marks = `${all}&${selector}&allowWatchBookmarks=true`
  tell('a bookmark after what is not selected', `200 ${seen} BOOKMARK`, marks)
  tell('no selector at all', '400 BadRequest', `${all}&labelSelector=(`)
  await new Promise((resolve) => setTimeout(resolve, 100))
  await put(admin, 'three', { x: '1' }, { on: 'never' })
  const list = await admin('GET', `${MAPS}?labelSelector=on%3Dno`)
  const selected = { story: 'a list that is selected', seen: 'one', got: namesOf(list.body) }
  return [...(await Promise.all(telling)), selected]
}

/** Of a server that has forgotten what happened before: restarted, or long after. */
export async function tellExpired(place: WatchPlace): Promise<readonly Story[]> {
  const got = await watched(place, 'resourceVersion=1')
  return [{ story: 'a version that is too old', seen: '200 ERROR 410 Expired', got }]
}

async function versionOf(admin: Ask): Promise<string> {
  const { body } = await admin('GET', `${MAPS}?limit=1`)
  return text(dig(body, 'metadata', 'resourceVersion')) ?? ''
}

async function put(admin: Ask, name: string, data: JsonObject, labels: JsonObject): Promise<void> {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'demo', labels },
    data,
  }
  const path = `${MAPS}/${name}?fieldManager=w&force=true`
  await admin('PATCH', path, object, 'application/apply-patch+yaml')
}

/** What a watch brings, a word or two for each line. Bookmarks that nobody counts on are told once. */
async function watched(
  { url, ca, token, http, seconds }: WatchPlace,
  query: string,
  accept = 'application/json',
): Promise<string> {
  const words: string[] = []
  const tls = { ca, cert: undefined, key: undefined, serverName: undefined }
  const { status, body } = await http.stream(
    {
      method: 'GET',
      url: `${url}${MAPS}?watch=true&timeoutSeconds=${seconds}&${query}`,
      headers: { authorization: `Bearer ${token}`, accept },
      body: undefined,
      tls: { ...tls, isVerificationOff: false },
      timeoutMs: 10_000,
      idleMs: 10_000,
      lineBytesMax: 1024 * 1024,
      signal: new AbortController().signal,
    },
    (line) => {
      const word = wordOf(JSON.parse(Buffer.from(line).toString()))
      if (!(word === 'BOOKMARK' && words.at(-1) === word)) words.push(word)
    },
  )
  if (status === 200) return `200 ${words.join(' ')}`
  return `${status} ${text(member(JSON.parse(Buffer.from(body).toString()), 'reason'))}`
}

function wordOf(event: JsonValue): string {
  const type = text(member(event, 'type')) ?? ''
  const object = member(event, 'object')
  if (type === 'ERROR') return `ERROR ${member(object, 'code')} ${member(object, 'reason')}`
  if (type === 'BOOKMARK') return type
  const x = text(dig(object, 'data', 'x'))
  const name = text(dig(object, 'metadata', 'name'))
  // The certificate bundle that a controller puts into every namespace is nobody's story.
  return `${type} ${name}${x === undefined ? '' : `=${x}`}`
}

function namesOf(list: JsonValue | undefined): string {
  const items = (member(list, 'items') ?? []) as readonly JsonObject[]
  return items.map((item) => text(dig(item, 'metadata', 'name'))).join(' ')
}
