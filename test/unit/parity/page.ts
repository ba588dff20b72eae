import { answerOf } from './answers.ts'
import { EXAMPLES, OTHER_ROWS } from './examples.ts'

/** docs/parity.md: every intended difference from ESO, those of value with the answers that `simulate` just gave. */
export async function parityPage(): Promise<string> {
  const examples = Object.entries(EXAMPLES)
  const rows = [...examples.map(([, example]) => example), ...OTHER_ROWS]
  const sections: string[] = []
  for (const [name, example] of examples) {
    const { rule, why, manifests, fixtures, existing } = example
    sections.push(
      `### ${name} (${rule})`,
      `${why.charAt(0).toUpperCase()}${why.slice(1)}.`,
      fenced(manifests),
      ...(fixtures === undefined ? [] : ['With the fixtures', fenced(fixtures)]),
      ...(existing === undefined ? [] : ['With what the cluster already has', fenced(existing)]),
      [
        '| | answer |',
        '|---|---|',
        `| \`--parity=eso\` | ${code(await answerOf(example, 'eso'))} |`,
        `| default | ${code(await answerOf(example, 'waybill'))} |`,
      ].join('\n'),
    )
  }
  return [
    ...INTRODUCTION,
    table(rows),
    '## The differences of value, executed',
    ...sections,
    '',
  ].join('\n\n')
}

const INTRODUCTION = [
  '# Where Waybill differs from External Secrets Operator',
  'Everything else is the same, byte for byte: `npm run vectors` compares with the answers of the real operator. Each difference of\n' +
    'value is a switch in `src/model/parity.ts`; `--parity=eso` turns all of them back. The rule numbers are those that the sources cite.',
]

function table(rows: typeof OTHER_ROWS): string {
  const lines = rows.map(
    ({ rule, eso, waybill, why }) => `| ${rule} | ${eso} | ${waybill} | ${why} |`,
  )
  return ['| rule | ESO | Waybill | why |', '|---|---|---|---|', ...lines].join('\n')
}

function fenced(yaml: string): string {
  return `\`\`\`yaml\n${yaml.trimEnd()}\n\`\`\``
}

/** A bar would end the cell. */
function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``
}
