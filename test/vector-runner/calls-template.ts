import { SecretValue } from '../../src/model/secret-value.ts'
import { type Call, readBytes, readBytesMap, VectorError, writeBytes } from './case.ts'
import { engine } from './template-engine.ts'

const template: Call = (input) => {
  const data = [...readBytesMap(input.data)].map(([key, bytes]): [string, SecretValue] => [
    key,
    new SecretValue(bytes),
  ])
  const rendering = engine.render({
    key: 'key',
    text: readBytes(input.template),
    data: new Map(data),
    missingKey: 'error',
  })
  if (rendering.outcome === 'failed') {
    throw new VectorError(rendering.error.code, rendering.error.message)
  }
  return writeBytes(rendering.value.reveal())
}

export const templateCalls: Readonly<Record<string, Call>> = { template }
