import type { Parity } from '../model/parity.ts'
import type { Dialect, Payload } from '../model/provider.ts'
import { type Attempt, failed } from './attempt.ts'
import { awsReader } from './aws.ts'
import { azureReader } from './azure.ts'
import { fakeReader } from './fake.ts'
import { gcpReader } from './gcp.ts'
import { kubernetesReader } from './kubernetes.ts'
import type { PayloadReader, PayloadRef } from './payload-reader.ts'
import { vaultReader } from './vault.ts'
import { webhookReader } from './webhook.ts'

/** Exhaustive: a new dialect does not compile before somebody has said how it is read. */
const READERS: Readonly<Record<Dialect, PayloadReader>> = {
  'aws-secrets-manager': awsReader,
  'aws-parameter-store': awsReader,
  'azure-key-vault': azureReader,
  'gcp-secret-manager': gcpReader,
  'vault-kv1': vaultReader,
  'vault-kv2': vaultReader,
  kubernetes: kubernetesReader,
  fake: fakeReader,
  webhook: webhookReader,
  'webhook-json': webhookReader,
}

/** The value that `data[]` or one hit of `find` stores; undefined stands for an empty one. */
export function selectValue(payload: Payload, ref: PayloadRef): Attempt<Uint8Array | undefined> {
  return READERS[payload.dialect].select(payload, ref)
}

/** The keys and values of `dataFrom[].extract`, before rewrite and conversion. */
export function extractMap(
  payload: Payload,
  ref: PayloadRef,
  parity: Parity,
): Attempt<ReadonlyMap<string, Uint8Array>> {
  return READERS[payload.dialect].extract(payload, ref, parity)
}

/**
 * What it means that the provider says "not found". Upstream: the kubernetes provider passes the API's own error on
 * for a single value, which no deletionPolicy skips, and counts it as "no secret" for `extract` only.
 */
export function absentFailure(dialect: Dialect, isExtract: boolean, key: string): Attempt<never> {
  return dialect === 'kubernetes' && !isExtract
    ? failed('InvalidEntry', `secret ${key} not found`, 'key')
    : failed('SecretNotFound', `secret ${key} does not exist`, 'key')
}
