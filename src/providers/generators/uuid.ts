import { SecretValue } from '../../model/secret-value.ts'
import type { RandomBytes } from './draw.ts'
import type { Generated } from './generated.ts'

/** ESO's UUID: version 4, whatever the CRD's description says. */
export async function uuid(
  _spec: unknown,
  { randomBytes }: { readonly randomBytes: RandomBytes },
): Promise<Generated> {
  const bytes = Uint8Array.from(randomBytes(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  const text = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return new Map([['uuid', SecretValue.fromText(text)]])
}
