import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { KubeError } from '../kube/api.ts'
import { readText } from '../manifests/read.ts'
import { writeManifest } from '../manifests/write.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import { member } from '../model/json.ts'
import type { ObservedSecret } from '../model/secret.ts'
import { targetId, targetWord } from '../model/target-kind.ts'
import { MANAGED_LABEL } from '../plan/marks.ts'
import { decodeTarget } from '../plan/observed.ts'
import { targetObject } from '../plan/secret-object.ts'
import type { Target } from './target.ts'

// `--local DIR`: Secrets as files `<namespace>_<name>.yaml` that only their owner can read. A file is replaced as a whole,
// and a symlink in its place is never followed. What a killed run has begun is a secret in the clear: the next run clears
// it away, and should that be the file of a run beside it, that one begins it again.

// Secrets in the clear: for their owner alone.
const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700

const TEMPORARY = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/
const TRIES_MAX = 3

/** Secrets of a folder. `namespace` of the file names is the ExternalSecret's. */
export function folderTarget(directory: string): Target {
  let swept: Promise<void> | undefined
  return {
    observe: async (externalSecret) => {
      swept ??= sweep(directory)
      await swept
      const bytes = await readIfThere(pathOf(directory, externalSecret))
      if (bytes === undefined) return undefined
      const kind = targetWord(externalSecret)
      const { foreign } = readText('local', bytes, { needles: [kind] })
      const object = foreign.find((document) => member(document.object, 'kind') === kind)?.object
      return object && owned(decodeTarget(object, externalSecret.target.object, []))
    },
    // A file has no owner.
    restamp: async () => '',
    write: async (change, externalSecret) => {
      const path = pathOf(directory, externalSecret)
      if (change.action === 'delete') {
        await rm(path, { force: true })
        return ''
      }
      const { desired } = change
      const type = desired.type || 'Opaque'
      const whole = targetObject({ ...desired, type }, externalSecret.target.object, true)
      const text = writeManifest(whole)
      await replaceFile(directory, path, text)
      return ''
    },
  }
}

/** A folder that cannot be read is the trouble of whoever reads a file in it. */
async function sweep(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  for (const name of names.filter((one) => TEMPORARY.test(one))) {
    await rm(join(directory, name), { force: true }).catch(() => undefined)
  }
}

/** A file has no record of who wrote which key: with our mark all of it is ours, without it nothing is. */
function owned(secret: ObservedSecret): ObservedSecret {
  if (secret.labels.get(MANAGED_LABEL) !== 'true') return secret
  return {
    ...secret,
    ownedKeys: new Set(secret.data.keys()),
    ownedLabels: new Set(secret.labels.keys()),
    ownedAnnotations: new Set(secret.annotations.keys()),
  }
}

/** Names are DNS subdomains, so `_` separates and nothing leads out of the directory. */
function pathOf(directory: string, externalSecret: ExternalSecret): string {
  return join(directory, `${externalSecret.namespace}_${targetId(externalSecret)}.yaml`)
}

/** A symlink in the file's place is refused, not followed. */
async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path, { flag: constants.O_RDONLY | constants.O_NOFOLLOW })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw unwritable(path, error)
  }
}

/** Never a half file: written beside, synced, renamed. */
async function replaceFile(directory: string, path: string, text: string): Promise<void> {
  await makeDirectory(directory).catch((error) => {
    throw unwritable(path, error)
  })
  for (let tries = 1; ; tries++) {
    try {
      return await writeOnce(directory, path, text)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || tries === TRIES_MAX) throw unwritable(path, error)
    }
  }
}

async function writeOnce(directory: string, path: string, text: string): Promise<void> {
  const temporary = join(directory, `.${randomUUID()}.tmp`)
  try {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
    const file = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error
  }
}

/** Node's own `recursive` never ends where a file system accepts no directory, as below /proc. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: DIRECTORY_MODE })
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    await makeDirectory(dirname(path))
    await mkdir(path, { mode: DIRECTORY_MODE })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is no directory',
  ELOOP: 'a symlink stands in its place',
  ENOENT: 'no directory can be made there',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EDQUOT: 'the quota is used up',
}

/** The path is the caller's own; the system's message is dropped. */
function unwritable(path: string, error: unknown): KubeError {
  const code = codeOf(error)
  return new KubeError('unavailable', 0, `cannot write ${path}: ${REASONS[code] ?? code}`)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
