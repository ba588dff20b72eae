import { type Cell, cells, type Outcome, playCell } from './cell.ts'
import { randomOf } from './random.ts'

// The whole matrix, each cell several times: `npm run chaos [-- ROUNDS [SEED [WORD]]]`. With the same seed a cell does the
// same again, whichever others a word leaves out.

const [rounds = 5, seed = Date.now() % 1_000_000] = process.argv.slice(2, 4).map(Number)
const word = process.argv[4] ?? ''

interface Played {
  readonly cell: Cell
  readonly outcomes: readonly Outcome[]
  readonly failures: readonly string[]
}

async function playRounds(cell: Cell, at: number): Promise<Played> {
  const outcomes: Outcome[] = []
  const failures: string[] = []
  for (let round = 0; round < rounds; round++) {
    const own = seed * 1_000_000 + at * 1000 + round
    try {
      outcomes.push(await playCell(cell, randomOf(own)))
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      failures.push(`seed ${own}: ${text.slice(0, 600)}`)
    }
  }
  return { cell, outcomes, failures }
}

const nameOf = ({ target, fault, moment }: Cell): string => `${target} ${fault} ${moment}`

const wanted = [...cells().entries()].filter(([, cell]) => nameOf(cell).includes(word))
console.log(`seed ${seed}: ${wanted.length} cells, ${rounds} rounds each`)
const played: Played[] = []
for (const [at, cell] of wanted) {
  const one = await playRounds(cell, at)
  played.push(one)
  const codes = one.outcomes.map(({ code }) => code).join(',')
  const written = one.outcomes.map((outcome) => outcome.written).join(',')
  const ms = Math.round(Math.max(0, ...one.outcomes.map((outcome) => outcome.ms)))
  const verdict = one.failures.length === 0 ? 'ok  ' : 'FAIL'
  console.log(
    `${verdict} ${nameOf(cell).padEnd(32)} exit ${codes.padEnd(16)} written ${written}  slowest ${ms} ms`,
  )
  for (const failure of one.failures) console.log(`     ${failure}`)
}
const broken = played.filter(({ failures }) => failures.length > 0)
const runs = played.reduce((sum, { outcomes }) => sum + outcomes.length, 0)
console.log(
  `seed ${seed}: ${played.length - broken.length} of ${played.length} cells hold I1-I5 in ${runs} runs with a fault`,
)
process.exitCode = broken.length === 0 ? 0 : 1
