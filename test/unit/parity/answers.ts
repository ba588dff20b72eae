import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../../../src/cli/main.ts'
import type { ParityMode } from '../../../src/model/parity.ts'
import { fakeIo } from '../cli/fake-io.ts'
import type { Example } from './examples.ts'

interface Report {
  readonly results: readonly {
    readonly outcome: string
    readonly secret: {
      readonly type?: string
      readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
      readonly data?: Readonly<Record<string, string>>
    } | null
    readonly condition: { readonly message: string }
  }[]
}

/** What `waybill simulate` answers to an example, as one line: of the part that the example is about. */
export async function answerOf(example: Example, mode: ParityMode): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-parity-'))
  try {
    const argv = ['simulate', '-', '-o', 'json', '--reveal', `--parity=${mode}`]
    for (const part of ['fixtures', 'existing'] as const) {
      const text = example[part]
      if (text === undefined) continue
      writeFileSync(join(folder, `${part}.yaml`), text)
      argv.push(`--${part}`, join(folder, `${part}.yaml`))
    }
    const io = fakeIo({ stdin: example.manifests })
    await main(argv, io)
    if (io.out() === '') throw new Error(`simulate gave no report: ${io.err()}`)
    return shown(JSON.parse(io.out()), example.shows)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function shown({ results: [result] }: Report, part: Example['shows']): string {
  if (result === undefined) throw new Error('the report has no result')
  const { secret, outcome, condition } = result
  if (part === 'message') return condition.message
  if (secret === null) return `${outcome}: ${condition.message}`
  switch (part) {
    case 'outcome':
      return `${outcome}, type ${secret.type ?? 'Opaque'}, keys ${JSON.stringify(Object.keys(secret.data ?? {}))}`
    case 'annotations':
      return JSON.stringify(secret.metadata.annotations ?? {})
    case 'data':
      return JSON.stringify(
        Object.fromEntries(
          Object.entries(secret.data ?? {}).map(([key, text]) => [key, plain(text)]),
        ),
      )
  }
}

function plain(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}
