import { answerAll } from '../answers.ts'
import type { OpenProvider } from '../provider.ts'
import { answerRead } from './reads.ts'
import { type GcpLimits, openSecrets } from './session.ts'

/** Reads at the same time: a project has a quota of 90,000 a minute, and no batch. */
const LANES = 24

/** Opens stores of GCP Secret Manager with these limits. */
export function gcpOpener(limits: GcpLimits): OpenProvider {
  return async (store, context) => {
    const secrets = await openSecrets({ store, context }, limits)
    return {
      read: async (reads, signal) => {
        signal.throwIfAborted()
        const lanes = { lanes: LANES, signal }
        return answerAll(reads, lanes, (read) => answerRead(secrets, read, signal))
      },
      close: async () => undefined,
    }
  }
}

/** The opener that `openStore` uses; tests open with shorter limits. */
export const openGcp: OpenProvider = gcpOpener({ requestMs: 10_000 })

export { gcpDoor } from './door.ts'
export { gcrAccessToken } from './gcr-access-token.ts'
export { openGcpWriter } from './push.ts'
export { signedIdentity } from './signed-identity.ts'
