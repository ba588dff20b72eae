import { createPrivateKey, type KeyObject, sign } from 'node:crypto'

/** An RSA key in PEM; undefined for everything else. OpenSSL's message may quote the key, so it is dropped. */
export function rsaKeyOf(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyType === 'rsa' ? key : undefined
  } catch {
    return undefined
  }
}

/** A JWT by RS256 with exactly these claims; `header` adds to `alg` and `typ`. It is a credential. */
export function signRs256(
  key: KeyObject,
  claims: Readonly<Record<string, string | number>>,
  header: Readonly<Record<string, string>> = {},
): string {
  const signed = `${encode({ alg: 'RS256', typ: 'JWT', ...header })}.${encode(claims)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
