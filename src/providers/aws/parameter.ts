import {
  GetParameterCommand,
  ListTagsForResourceCommand,
  type Parameter,
  type SSMClient,
} from '@aws-sdk/client-ssm'
import type { Answer, Payload } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { ProviderError } from '../provider.ts'
import { answered, found, metadataOf, type OpenService } from './answer.ts'

/** An open store of Parameter Store. */
export type OpenParameters = OpenService<SSMClient>

/** GetParameter; `id` is a name or an ARN, and a version or label behind a colon. Rejects only when the signal is aborted. */
export function answerParameter(
  parameters: OpenParameters,
  id: string,
  signal: AbortSignal,
): Promise<Answer> {
  const { client, call } = parameters
  return answered(parameters, { id, action: 'GetParameter' }, async () => {
    const command = new GetParameterCommand({ Name: id, WithDecryption: true })
    const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
    const { Parameter: parameter } = await call('ssm:GetParameter', send, signal)
    if (parameter?.Name !== undefined) return found(parameterPayload(parameter))
    throw notFromAws(`for ${JSON.stringify(id)} without the name of a parameter`)
  })
}

/** R130: the tags of a parameter, which all of its versions share. */
export function answerTags(
  parameters: OpenParameters,
  name: string,
  signal: AbortSignal,
): Promise<Answer> {
  const { client, call } = parameters
  return answered(parameters, { id: name, action: 'ListTagsForResource' }, async () => {
    const command = new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: name })
    const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
    const { TagList } = await call('ssm:ListTagsForResource', send, signal)
    if (TagList !== undefined) return found(metadataOf('aws-parameter-store', TagList))
    throw notFromAws(`for the tags of ${JSON.stringify(name)} without a list`)
  })
}

/** A StringList is a text with commas, as ESO has it; no value at all is the reader's error. */
export function parameterPayload({ Value }: Parameter): Payload {
  return {
    dialect: 'aws-parameter-store',
    text: Value === undefined ? undefined : SecretValue.fromText(Value),
    binary: undefined,
    data: undefined,
    metadata: undefined,
  }
}

/** Every member of an answer is optional to the SDK: any JSON of any server would pass for an empty one. */
export function notFromAws(how: string): ProviderError {
  return new ProviderError(
    'malformed',
    `ssm answered ${how}: it is not AWS, or something stands before it`,
    'check AWS_SSM_ENDPOINT',
  )
}
