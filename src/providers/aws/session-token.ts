import { GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { isObject, type JsonValue, member } from '../../model/json.ts'
import type { Ask } from '../generators/asking.ts'
import { wholeNumber, word } from '../generators/spec.ts'
import { ProviderError } from '../provider.ts'
import type { AwsLimits } from './caller.ts'
import { logInForGenerator, made, texts } from './generator.ts'
import { keysOf } from './sts.ts'

/** STSSessionToken: temporary keys of the user whose access key `auth` names. */
export function sessionTokenAsker(limits: AwsLimits): Ask {
  return async (spec, context) => {
    refuseJwt(spec)
    const command = new GetSessionTokenCommand(inputOf(member(spec, 'requestParameters')))
    const { source, call, clientOptions } = await logInForGenerator(spec, context, limits)
    const client = new STSClient(clientOptions('AWS_STS_ENDPOINT', 'AWS_ENDPOINT_URL_STS'))
    const needs = 'sts:GetSessionToken; AWS gives it to access keys of users only, not to roles'
    try {
      return await made('sts GetSessionToken', { ...source, needs }, async () => {
        const send = (abortSignal: AbortSignal) => client.send(command, { abortSignal })
        const { Credentials } = await call('sts:GetSessionToken', send, context.signal)
        const { accessKeyId, secretAccessKey, sessionToken = '', expiration } = keysOf(Credentials)
        const seconds = Math.floor((expiration?.getTime() ?? 0) / 1000)
        return texts({
          access_key_id: accessKeyId,
          secret_access_key: secretAccessKey,
          session_token: sessionToken,
          expiration: String(seconds),
        })
      })
    } finally {
      client.destroy()
    }
  }
}

/** Throws ProviderError `invalid`. */
function refuseJwt(spec: JsonValue | undefined): void {
  // AWS gives session tokens to users and their access keys only, so ESO refuses it as well.
  if (isObject(member(member(spec, 'auth'), 'jwt'))) {
    throw new ProviderError(
      'invalid',
      'jwt auth cannot be used for STS session tokens',
      'use spec.auth.secretRef; a session of a role is what an aws store opens by itself',
    )
  }
}

/** Absent members are AWS's own defaults: twelve hours, no MFA. */
function inputOf(parameters: JsonValue | undefined) {
  return {
    DurationSeconds: wholeNumber(parameters, 'sessionDuration'),
    SerialNumber: word(parameters, 'serialNumber'),
    TokenCode: word(parameters, 'tokenCode'),
  }
}
