/** What one input may cost; a larger one is a finding, never a crash (defaults below). */
export interface Limits {
  readonly inputBytesMax: number
  readonly documentBytesMax: number
  /** Documents of one input. */
  readonly documentsMax: number
  /** Documents of one input that are read rather than passed through. */
  readonly selectedMax: number
  /** Nesting of collections in one document. */
  readonly depthMax: number
  /** `*alias` nodes in one document. */
  readonly aliasesMax: number
  /** Values of one document, each alias counted as what it stands for. */
  readonly nodesMax: number
}

const MIB = 2 ** 20

/** Far above what real applications have: inputs beyond are mistakes or attacks. */
export const LIMITS: Limits = {
  inputBytesMax: 128 * MIB,
  documentBytesMax: 32 * MIB,
  documentsMax: 1_000_000,
  selectedMax: 200_000,
  depthMax: 128,
  aliasesMax: 1000,
  nodesMax: 500_000,
}
