import { GetParametersCommand, type Parameter } from '@aws-sdk/client-ssm'
import type { Answer } from '../../model/provider.ts'
import { ProviderError } from '../provider.ts'
import { found, refusal, refused } from './answer.ts'
import { inBatches } from './batches.ts'
import { AwsCallFailure } from './caller.ts'
import type { AwsFault } from './failure.ts'
import { answerParameter, type OpenParameters, parameterPayload } from './parameter.ts'

// The API's own limit of names in one GetParameters.
const BATCH = 10

/** These parameters, each with an answer, in tens (R132). */
export function parameterValues(
  parameters: OpenParameters,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  const batching = {
    size: () => (parameters.batch.isUsable ? BATCH : 1),
    batch: (group: readonly string[]) => answerBatch(parameters, group, signal),
    alone: (id: string) => answerParameter(parameters, id, signal),
  }
  return inBatches(ids, batching, signal)
}

/**
 * What GetParameters answered for good. IAM refuses the whole call for one name that may not be read, and a malformed
 * name spoils it as well: then each is asked for alone, and gets what it deserves.
 */
async function answerBatch(
  parameters: OpenParameters,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  const { client, call } = parameters
  const command = new GetParametersCommand({ Names: [...ids], WithDecryption: true })
  const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
  try {
    const { Parameters = [], InvalidParameters = [] } = await call(
      'ssm:GetParameters',
      send,
      signal,
    )
    const gone = InvalidParameters.filter((id) => ids.includes(id))
    const answers = new Map<string, Answer>(gone.map((id) => [id, { outcome: 'absent' }]))
    for (const id of ids) {
      const [parameter, ...others] = Parameters.filter((entry) => isNamed(entry, id))
      // Two for one id: a server that does not repeat which version it gives. Then only a call of its own can tell.
      if (parameter !== undefined && others.length === 0) {
        answers.set(id, found(parameterPayload(parameter)))
      }
    }
    return answers
  } catch (error) {
    if (error instanceof ProviderError) return new Map(ids.map((id) => [id, refusal(error)]))
    if (!(error instanceof AwsCallFailure)) throw error
    return afterFailure(parameters, ids, { fault: error.fault, signal })
  }
}

/** An id is a name or an ARN, and behind a colon the version or label that AWS repeats as selector. */
function isNamed({ Name, ARN, Selector = '' }: Parameter, id: string): boolean {
  const selector = Selector === '' || Selector.startsWith(':') ? Selector : `:${Selector}`
  return id === `${Name}${selector}` || id === `${ARN}${selector}`
}

/** Nothing for what still has a chance alone. */
async function afterFailure(
  parameters: OpenParameters,
  ids: readonly string[],
  { fault, signal }: { readonly fault: AwsFault; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, Answer>> {
  switch (fault.cause) {
    case 'not-offered':
      parameters.batch.isUsable = false
      return new Map()
    case 'forbidden':
      return alone(parameters, ids, signal)
    case 'invalid':
    case 'absent':
      return new Map()
    default:
      return new Map(
        ids.map((id) => [id, refused(parameters, { id, action: 'GetParameters' }, fault)]),
      )
  }
}

/** IAM does not say whether it refuses the call or one of its names: when every name may be read, it was the call. */
async function alone(
  parameters: OpenParameters,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer>> {
  const answers = await Promise.all(
    ids.map(async (id) => [id, await answerParameter(parameters, id, signal)] as const),
  )
  if (answers.every(([, { outcome }]) => outcome !== 'failed')) parameters.batch.isUsable = false
  return new Map(answers)
}
