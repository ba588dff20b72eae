import { SSMClient } from '@aws-sdk/client-ssm'
import type { SecretProvider } from '../provider.ts'
import type { ServiceParts } from './client.ts'
import { lean } from './lean.ts'
import { answerParameter, answerTags, type OpenParameters } from './parameter.ts'
import { parameterValues } from './parameter-batch.ts'
import { answerFind } from './parameter-find.ts'
import { answerReads, type ReadPlan } from './reads.ts'

// Which calls answer which reads:
//
//   a parameter, alone              GetParameter
//   parameters, more                GetParameters in tens, versions and labels too (`name:version`); what it does not
//                                   answer, or all of them when it is not allowed: GetParameter
//   metadataPolicy Fetch            ListTagsForResource
//   find                            GetParametersByPath, or DescribeParameters and then as above

/** A name or an ARN; behind a last colon a version or label. */
const PARAMETER_ID = /^[\w/.:-]{1,2048}$/

/** Reads of AWS Systems Manager's Parameter Store. */
export function openParameterStore({
  clientOptions,
  call,
  prefix,
  principal,
}: ServiceParts): SecretProvider {
  const parameters: OpenParameters = {
    ...{ call, prefix, principal },
    service: 'ssm',
    client: lean(new SSMClient(clientOptions('AWS_SSM_ENDPOINT', 'AWS_ENDPOINT_URL_SSM'))),
    batch: { isUsable: true },
  }
  const idOf = (name: string, version: string | undefined): string =>
    version === undefined ? name : `${name}:${version}`
  const plan: ReadPlan = {
    prefix: parameters.prefix,
    isName: (id) => PARAMETER_ID.test(id),
    nameHint: 'a name has letters, digits and /_.- only',
    batchId: idOf,
    values: (ids, signal) => parameterValues(parameters, ids, signal),
    alone: (name, { metadata, version }, signal) =>
      metadata
        ? answerTags(parameters, name, signal)
        : answerParameter(parameters, idOf(name, version), signal),
    find: (read, signal) => answerFind(parameters, read, signal),
  }
  return {
    read: (reads, signal) => answerReads(plan, reads, signal),
    close: async () => parameters.client.destroy(),
  }
}
