import { yamlToJson } from '../manifests/kubectl.ts'
import { decodeStorePolicy, OPEN_POLICY, type StorePolicy } from '../model/store-policy.ts'
import { InputError } from './exit.ts'
import { readOption } from './given.ts'
import type { Io } from './io.ts'

/** The file of `--store-policy`. Throws InputError: a policy that cannot be read allows nothing. */
async function readStorePolicy(path: string, io: Io): Promise<StorePolicy> {
  const read = yamlToJson(await readOption('store-policy', path, io), true)
  const where = `--store-policy ${JSON.stringify(path)}`
  if (read.outcome !== 'read') throw new InputError(`${where} is no YAML mapping`)
  const decoded = decodeStorePolicy(read.value)
  if (decoded.outcome === 'read') return decoded.policy
  throw new InputError(`${where}: ${decoded.message}`)
}

/** What the options say, the file's word first. Throws InputError. */
export async function givenPolicy(
  path: string | undefined,
  requiresConditions: boolean,
  io: Io,
): Promise<StorePolicy> {
  const policy = path === undefined ? OPEN_POLICY : await readStorePolicy(path, io)
  return { ...policy, requiresConditions: policy.requiresConditions || requiresConditions }
}
