import { readdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Vector } from '../vector-runner/run.ts'
import { compare, type Difference, shrink } from './compare.ts'
import { durations } from './durations.ts'
import type { Family, Question } from './family.ts'
import { createOracle, type Oracle } from './oracle.ts'
import { paths } from './paths.ts'
import { patterns } from './patterns.ts'
import { createRandom } from './random.ts'
import { templates } from './templates.ts'
import { yaml } from './yaml.ts'

// npm run fuzz:oracle [-- --seed N --count N --family NAME --show N --vectors]: asks the product and the real engines the same
// random questions. Prints the first difference of each family, shrunk; `--vectors` prints it as a line for test/vectors.

const FAMILIES: readonly Family[] = [templates, paths, patterns, yaml, durations]
const BATCH = 4000

const { values: options } = parseArgs({
  options: {
    oracle: { type: 'string' },
    seed: { type: 'string' },
    count: { type: 'string', default: '100000' },
    family: { type: 'string' },
    show: { type: 'string', default: '1' },
    vectors: { type: 'boolean', default: false },
  },
})

/** Vectors that the oracle cannot answer: functions of the operator itself, the one that its Sprig changed, and those that take seconds. */
const OPERATORS_OWN =
  /^(?:gen.*|derivePassword|hexdec|htpasswd|filterPEM|filterCertChain|certSANs|jwk.*|rsaDecrypt|.*[pP]kcs12.*|.*PKCS12.*)$/

/** An oracle of other versions would accuse the product: it first has to give the vectors' answers itself. */
function checkOracle(oracle: Oracle): number {
  const known = readdirSync('test/vectors')
    .filter((name) => name.endsWith('.jsonl') && !name.includes('random'))
    .flatMap((name) => readFileSync(`test/vectors/${name}`, 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line): Vector & { readonly group: string } => JSON.parse(line))
    .filter((vector) => ORACLE_CALLS.has(vector.in.call) && !OPERATORS_OWN.test(vector.group))
  const answers = oracle(known.map((vector) => vector.in))
  const isStuck = (i: number): boolean => 'varies' in (answers[i] ?? {})
  const wrong = known.filter((vector, i) => !isStuck(i) && !sameAnswer(vector, answers[i]))
  for (const { id } of wrong) console.log(`the oracle does not answer ${id} as the vector says`)
  if (wrong.length > 0)
    throw new Error('the oracle is not the engine that the vectors were made with')
  return known.length
}

const ORACLE_CALLS: ReadonlySet<string> = new Set([
  'template',
  'gjson',
  'match',
  'replace',
  'submatch',
  'yaml',
  'yaml-stringmap',
  'duration',
  'duration-string',
])

function sameAnswer(vector: Vector, answer: unknown): boolean {
  const { out, error } = (answer ?? {}) as { readonly out?: unknown; readonly error?: string }
  return (
    vector.error === error && JSON.stringify(sorted(vector.out)) === JSON.stringify(sorted(out))
  )
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]))
}

function print(family: Family, { question, answer, got }: Difference): void {
  if (options.vectors) {
    const row = { id: '', group: family.name, in: question, ...answer }
    console.log(JSON.stringify(row))
    return
  }
  console.log(`${family.name}: ${JSON.stringify(question)}`)
  console.log(`  engine  ${JSON.stringify(answer).slice(0, 400)}`)
  console.log(`  waybill ${got.slice(0, 400)}`)
}

async function fuzz(family: Family, count: number, oracle: Oracle) {
  const random = createRandom(seed)
  const sum = { agreed: 0, open: 0, differed: 0 }
  const found: Difference[] = []
  let slowest: { readonly ms: number; readonly question: Question | undefined } = {
    ms: 0,
    question: undefined,
  }
  for (let asked = 0; asked < count; asked += BATCH) {
    const size = Math.min(BATCH, count - asked)
    const batch = Array.from({ length: size }, () => family.ask(random))
    const compared = await compare(batch, oracle)
    sum.agreed += compared.agreed
    sum.open += compared.open
    sum.differed += compared.differences.length
    if (compared.slowest.ms > slowest.ms) slowest = compared.slowest
    if (found.length < Number(options.show)) found.push(...compared.differences)
  }
  for (const difference of found.slice(0, Number(options.show))) {
    print(family, await shrink(difference, oracle))
  }
  const { agreed, differed, open } = sum
  const slow = `slowest ${Math.round(slowest.ms)} ms`
  console.log(`${family.name}: ${agreed} agreed, ${differed} differed, ${open} open, ${slow}`)
  return sum
}

const seed = options.seed === undefined ? Date.now() % 2 ** 31 : Number(options.seed)
const count = Number(options.count)
const chosen = FAMILIES.filter(
  ({ name }) => options.family === undefined || name === options.family,
)
if (options.oracle === undefined || chosen.length === 0 || !Number.isInteger(seed + count)) {
  console.error(
    'usage: npm run fuzz:oracle -- [--seed N] [--count N] [--family NAME] [--show N] [--vectors]',
  )
  process.exitCode = 2
} else {
  const oracle = createOracle(options.oracle)
  console.log(`the oracle gives the answers of ${checkOracle(oracle)} vectors`)
  console.log(`--seed ${seed} --count ${count}`)
  const weights = chosen.reduce((sum, { weight }) => sum + weight, 0)
  let agreed = 0
  let differed = 0
  for (const family of chosen) {
    const sum = await fuzz(family, Math.ceil((count * family.weight) / weights), oracle)
    agreed += sum.agreed
    differed += sum.differed
  }
  console.log(`${agreed} agreed, ${differed} differed`)
  process.exitCode = differed === 0 ? 0 : 1
}
