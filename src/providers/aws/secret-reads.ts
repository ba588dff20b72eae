import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { SecretProvider } from '../provider.ts'
import type { ServiceParts } from './client.ts'
import { currentVersions } from './current.ts'
import { answerFind } from './find.ts'
import { lean } from './lean.ts'
import { batchPace } from './pace.ts'
import { answerReads, type ReadPlan } from './reads.ts'
import { answerMetadata, answerValue, type OpenSecrets } from './single.ts'

// Which calls answer which reads:
//
//   current version, alone          GetSecretValue
//   current versions, more          BatchGetSecretValue in twenties; what it does not answer for good: GetSecretValue
//   a version by stage or id        GetSecretValue, the batch knows current versions only
//   metadataPolicy Fetch            DescribeSecret
//   find                            ListSecrets, then as current versions

/** A name or an ARN. */
const SECRET_ID = /^[\w/+=.@!:-]{1,2048}$/

/** Reads of AWS Secrets Manager. */
export function openSecretReads({
  clientOptions,
  quota,
  context,
  ...parts
}: ServiceParts): SecretProvider {
  const secrets: OpenSecrets = {
    ...parts,
    service: 'secretsmanager',
    client: lean(
      new SecretsManagerClient(
        clientOptions('AWS_SECRETSMANAGER_ENDPOINT', 'AWS_ENDPOINT_URL_SECRETS_MANAGER'),
      ),
    ),
    batch: { isUsable: true },
    pace: batchPace(context, quota),
  }
  const plan: ReadPlan = {
    prefix: secrets.prefix,
    isName: (id) => SECRET_ID.test(id),
    nameHint: 'a name has letters, digits and /_+=.@!- only',
    // `AWSCURRENT` by name is what a batch gives anyway.
    batchId: (name, version) =>
      version === undefined || version === 'AWSCURRENT' ? name : undefined,
    values: (ids, signal) => currentVersions(secrets, ids, signal),
    alone: (id, { metadata, version }, signal) =>
      metadata
        ? answerMetadata(secrets, id, signal)
        : answerValue(secrets, { id, version }, signal),
    find: (read, signal) => answerFind(secrets, read, signal),
  }
  return {
    read: (reads, signal) => answerReads(plan, reads, signal),
    close: async () => secrets.client.destroy(),
  }
}
