import { isObject, type JsonValue } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { decodeStore } from '../../model/store.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import { AwsCallFailure, type AwsLimits } from './caller.ts'
import { type LoggedIn, logIn } from './client.ts'
import { failed } from './failure.ts'
import { type AwsIdentity, decodeIdentity } from './settings.ts'

/** What a generator of AWS asks with. */
export interface GeneratorLogin extends LoggedIn {
  readonly identity: AwsIdentity
}

/** Logs in as the generator's `auth` and `role` say: the same words as a store's, in the same order. */
export async function logInForGenerator(
  spec: JsonValue | undefined,
  context: OpenContext,
  limits: AwsLimits,
): Promise<GeneratorLogin> {
  const store = decodeStore({
    kind: 'SecretStore',
    metadata: { name: '', namespace: context.namespace },
    spec: { provider: { aws: isObject(spec) ? spec : {} } },
  })
  const opening = { store, context }
  const identity = decodeIdentity(opening, 'spec')
  return { identity, ...(await logIn(opening, identity, limits)) }
}

/** A generator's output. */
export type Made = ReadonlyMap<string, SecretValue>

/** One call of a generator: its output, or an error that says who asked and what they need. */
export async function made(
  action: string,
  { principal, needs }: { readonly principal: () => string; readonly needs: string },
  ask: () => Promise<Made>,
): Promise<Made> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof AwsCallFailure)) throw error
    const isRefusal = error.fault.cause === 'forbidden'
    const what = isRefusal ? `${action} is not allowed to ${principal()}` : action
    throw failed(what, error.fault, isRefusal ? `allow ${needs}` : undefined)
  }
}

/** Every member of an answer is optional to the SDK and to JSON. */
export function incomplete(service: string): ProviderError {
  return new ProviderError('malformed', `${service} answered without a token`)
}

/** The output of a generator whose values are texts. */
export function texts(values: Readonly<Record<string, string>>): Made {
  return new Map(Object.entries(values).map(([key, value]) => [key, SecretValue.fromText(value)]))
}
