import { allow, type Operation } from './aws-api.ts'

// ECR, private and public: tokens for docker login.

/** Holds for twelve hours, as AWS's do. */
const LIFE_MS = 12 * 3600 * 1000

export interface Registry {
  readonly region: string
  readonly now: () => number
  /** Told each password that is handed out. */
  readonly onPassword: (password: string) => void
}

export function registryOperations({
  region,
  now,
  onPassword,
}: Registry): Readonly<Record<string, Operation>> {
  const token = (password: string) => {
    onPassword(password)
    return {
      authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
      expiresAt: (now() + LIFE_MS) / 1000,
    }
  }
  return {
    'ecr:GetAuthorizationToken': (caller) => {
      allow(caller, 'ecr:GetAuthorizationToken', '*')
      const proxyEndpoint = `https://123456789012.dkr.ecr.${region}.amazonaws.com`
      return { authorizationData: [{ ...token('pw-of-the-private-registry'), proxyEndpoint }] }
    },
    'ecr-public:GetAuthorizationToken': (caller) => {
      allow(caller, 'ecr-public:GetAuthorizationToken', '*')
      allow(caller, 'sts:GetServiceBearerToken', '*')
      return { authorizationData: token('pw-of-the-public-registry') }
    },
  }
}
