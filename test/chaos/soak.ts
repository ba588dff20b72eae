import assert from 'node:assert/strict'
import { main } from '../../src/cli/main.ts'
import { fakeIo } from '../unit/cli/fake-io.ts'
import { type MemoryRecord, recordMemory } from './memory.ts'
import { soakController } from './soak-controller.ts'
import { NAMESPACE, type SoakServer, startSoakServer } from './soak-server.ts'

// G-35: two hours of a cluster as fast as it goes. Memory and descriptors have to stay where they are.
//   npm run chaos -- soak [RECONCILES]               run after run in one process, each with connections of its own
//   npm run chaos -- soak [RECONCILES] controller    one controller, and apps that come and go

const A_RUN = 200
const NAMES = Array.from({ length: A_RUN }, (_, at) => `es-${at}`)

async function soakRuns(server: SoakServer, total: number, memory: MemoryRecord): Promise<void> {
  const force = NAMES.map((name) => `--force=${name}`)
  const { kubeconfig } = server
  const argv = ['sync', '--app=soak', `-n=${NAMESPACE}`, '--kubeconfig', kubeconfig, '-o=json']
  for (let run = 0; run * A_RUN < total; run++) {
    // Every tenth run finds new values, the others find nothing to write.
    if (run % 10 === 0) await server.order({ app: 'soak', names: NAMES, version: run })
    else await server.order()
    const io = fakeIo({ nowMs: Date.UTC(2026, 0, 2) + run * 3_600_000 })
    assert.equal(await main([...argv, ...force], io), 0, `run ${run}: ${io.err()}`)
    assert.equal(JSON.parse(io.out()).results.length, A_RUN)
    memory.look((run + 1) * A_RUN)
  }
}

const [count = '200000', way = 'runs'] = process.argv.slice(2)
const soakServer = await startSoakServer()
const record = recordMemory(Number(count))
await (way === 'controller' ? soakController : soakRuns)(soakServer, Number(count), record)
process.exitCode = record.tell() ? 0 : 1
soakServer.close()
