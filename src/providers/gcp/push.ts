import { stringMap } from '../../model/external-secret.ts'
import { member, text } from '../../model/json.ts'
import {
  MANAGED_BY,
  MANAGER,
  type PushBody,
  type PushMarks,
  type PushWrite,
  type RemoteSecret,
} from '../../model/push.ts'
import { ProviderError } from '../provider.ts'
import { texts } from '../references.ts'
import type { OpenWriter } from '../writer.ts'
import { type Asked, ask, type OpenSecrets, parentOf, type Question, refused } from './ask.ts'
import { crc32c } from './crc32c.ts'
import { SECRET_ID } from './reads.ts'
import { type GcpLimits, openSecrets } from './session.ts'
import { absence, readVersion } from './versions.ts'

// Secret Manager as the target of a push:
//
//   what is there          GetSecret for labels, annotations and the etag; AccessSecretVersion
//   create                 CreateSecret with the mark, then AddSecretVersion
//   value                  AddSecretVersion; older versions stay
//   labels, annotations    UpdateSecret, if its etag is still the one that was seen
//   delete                 DeleteSecret with all versions, under the same condition
//
// There is no way to say which version a value replaces: of two writers at the same time the later one wins.

/** Opens writers with these limits. */
export function gcpWriter(limits: GcpLimits): OpenWriter {
  return async (store, context) => {
    const secrets = await openSecrets({ store, context }, limits)
    return {
      dialect: 'gcp-secret-manager',
      observe: ({ remoteKey }, signal) => observe(secrets, { key: idOf(remoteKey), signal }),
      write: (write, signal) => save(secrets, write, { key: idOf(write.remoteKey), signal }),
      remove: ({ remoteKey }, observed, signal) =>
        remove(secrets, observed, { key: idOf(remoteKey), signal }),
      close: async () => undefined,
    }
  }
}

/** The opener that `openWriter` uses. */
export const openGcpWriter: OpenWriter = gcpWriter({ requestMs: 10_000 })

/** Trust: it becomes a part of a path. */
function idOf(remoteKey: string): string {
  if (SECRET_ID.test(remoteKey)) return remoteKey
  const message = `${JSON.stringify(remoteKey)} is no id of a secret in Secret Manager`
  throw new ProviderError('invalid', message, 'an id has letters, digits, - and _ only')
}

/** A secret, and how long there is time for it. */
interface At {
  readonly key: string
  readonly signal: AbortSignal
}

async function observe(secrets: OpenSecrets, at: At): Promise<RemoteSecret | undefined> {
  const { key, signal } = at
  const method = 'GetSecret'
  const path = `${parentOf(secrets)}/secrets/${key}`
  const { reply, asker } = await ask(secrets, { method, path }, signal)
  if (reply.fault !== undefined) {
    if (absence(reply.fault, { key, version: 'latest' }) !== undefined) return undefined
    throw refused(secrets, { method, key, asker }, reply.fault)
  }
  const { name, labels, annotations, etag } = reply.json
  if (text(name) === undefined) {
    const message = `secretmanager answered for ${JSON.stringify(key)} without its name`
    throw new ProviderError('malformed', message)
  }
  const marks: PushMarks = {
    labels: stringMap(labels) ?? new Map(),
    annotations: stringMap(annotations) ?? new Map(),
  }
  return {
    isManaged: marks.labels.get(MANAGED_BY) === MANAGER,
    body: await bodyOf(secrets, at),
    marks,
    revision: text(etag) ?? '',
  }
}

/** Undefined for a secret without versions. Upstream: a version that was turned off is an error; somebody meant it. */
async function bodyOf(secrets: OpenSecrets, { key, signal }: At): Promise<PushBody | undefined> {
  const answer = await readVersion(secrets, { key, version: 'latest' }, signal)
  if (answer.outcome === 'found') {
    const { text: bytes } = answer.payload
    return bytes === undefined ? undefined : { shape: 'bytes', bytes }
  }
  if (answer.outcome !== 'absent' || answer.gone === undefined) return undefined
  throw new ProviderError('invalid', answer.gone, 'enable it, or delete the secret')
}

async function save(secrets: OpenSecrets, write: PushWrite, at: At): Promise<void> {
  const { observed, body, marks } = write
  const path = `${parentOf(secrets)}/secrets`
  if (observed === undefined) {
    // The mark first: a kill between the two leaves a secret without a value that is known to be ours.
    const query = new URLSearchParams({ secretId: at.key })
    const created = { ...marksBody(marks), ...replicationOf(write, secrets), ...topicsOf(write) }
    const change = { verb: 'POST', body: created } as const
    await order(secrets, { method: 'CreateSecret', path: `${path}?${query}`, change }, at)
  } else if (!isMarked(observed.marks, marks)) {
    const query = new URLSearchParams({ updateMask: 'labels,annotations' })
    const name = `${path}/${at.key}`
    const updated = { name, etag: observed.revision, ...marksBody(marks) }
    const change = { verb: 'PATCH', body: updated } as const
    await order(secrets, { method: 'UpdateSecret', path: `${name}?${query}`, change }, at)
  }
  if (body.shape !== 'bytes' || isHeld(observed?.body, body)) return
  const bytes = body.bytes.reveal()
  const data = Buffer.from(bytes).toString('base64')
  const payload = { data, dataCrc32c: String(crc32c(bytes)) }
  const change = { verb: 'POST', body: { payload } } as const
  const method = 'AddSecretVersion'
  await order(secrets, { method, path: `${path}/${at.key}:addVersion`, change }, at)
}

function marksBody({ labels, annotations }: PushMarks) {
  return { labels: Object.fromEntries(labels), annotations: Object.fromEntries(annotations) }
}

function isMarked(observed: PushMarks, wanted: PushMarks): boolean {
  const isSame = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
    a.size === b.size && [...a].every(([name, value]) => b.get(name) === value)
  return isSame(observed.labels, wanted.labels) && isSame(observed.annotations, wanted.annotations)
}

/** A version costs money, so a value that is there already makes none. */
function isHeld(observed: PushBody | undefined, wanted: PushBody): boolean {
  return (
    observed?.shape === 'bytes' && wanted.shape === 'bytes' && observed.bytes.equals(wanted.bytes)
  )
}

/** Where a new secret is kept, which can never be changed. A regional one has a place already. */
function replicationOf({ spec }: PushWrite, { settings }: OpenSecrets) {
  const kmsKeyName = text(member(spec, 'cmekKeyName'))
  const encryption = kmsKeyName === undefined ? {} : { customerManagedEncryption: { kmsKeyName } }
  if (settings.location !== '') return encryption
  const several = texts(member(spec, 'replicationLocations'))
  const one = text(member(spec, 'replicationLocation')) ?? ''
  // Upstream: the list wins over the single one.
  const locations = several.length === 0 && one !== '' ? [one] : several
  if (locations.length === 0) return { replication: { automatic: encryption } }
  const replicas = locations.map((location) => ({ location, ...encryption }))
  return { replication: { userManaged: { replicas } } }
}

function topicsOf({ spec }: PushWrite) {
  const topics = texts(member(spec, 'topics')).map((name) => ({ name }))
  return topics.length === 0 ? {} : { topics }
}

async function remove(secrets: OpenSecrets, { revision }: RemoteSecret, at: At): Promise<void> {
  const query = revision === '' ? '' : `?${new URLSearchParams({ etag: revision })}`
  const path = `${parentOf(secrets)}/secrets/${at.key}${query}`
  const change = { verb: 'DELETE', body: undefined } as const
  const asked = await ask(secrets, { method: 'DeleteSecret', path, change }, at.signal)
  if (asked.reply.fault?.cause === 'absent' && asked.reply.fault.remark === undefined) return
  check(secrets, 'DeleteSecret', { asked, key: at.key })
}

async function order(secrets: OpenSecrets, question: Question, { key, signal }: At): Promise<void> {
  const asked = await ask(secrets, question, signal)
  check(secrets, question.method, { asked, key })
}

/** An etag that does not fit, or a secret that is there or gone by now, is a conflict: the next run looks again. */
function check(
  secrets: OpenSecrets,
  method: Question['method'],
  { asked, key }: { readonly asked: Asked; readonly key: string },
): void {
  const { reply, asker } = asked
  if (reply.fault === undefined) return
  const { cause, remark } = reply.fault
  const isConflict =
    remark !== 'no-project' && ['precondition', 'absent', 'conflict'].includes(cause)
  const fault = isConflict ? { ...reply.fault, cause: 'conflict' as const } : reply.fault
  throw refused(secrets, { method, key, asker }, fault)
}
