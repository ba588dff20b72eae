import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { type Bed, execFileAsync, WAYBILL, writePrivate } from './bed.ts'

// Controllers with the rights of plugin/controller, each with a token of its own, so that the audit log tells them apart.

const HOME = 'waybill-system'
const ACCOUNT = 'waybill-controller'

export interface Replica {
  readonly name: string
  readonly child: ChildProcess
  readonly log: () => string
  /** The exit code; undefined for a signal that nobody handled. */
  readonly ended: Promise<number | null>
  /** What the audit log calls its token. */
  readonly credential: string
}

export interface ReplicaOptions {
  /** Without one it keeps the whole cluster. */
  readonly namespace?: string
  /** In waybill-system; that of plugin/controller unless told otherwise. */
  readonly account?: string
  readonly argv?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Instead of the API server's own port. */
  readonly port?: number
}

/** One line of the audit log. */
export interface Audited {
  readonly verb: string
  readonly atMs: number
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly code: number
  readonly credential: string
}

export interface Replicas {
  readonly start: (name: string, options: ReplicaOptions) => Promise<Replica>
  readonly audited: (credential: string) => readonly Audited[]
  readonly killAll: () => void
}

/** Installs plugin/controller into the bed's API server, which writes its audit log to `audit`. */
export function startReplicas(bed: Bed, audit: string): Replicas {
  const running = new Set<ChildProcess>()
  bed.kubectl(['apply', '-k', 'plugin/controller'])
  const admin = readFileSync(join(bed.state, 'api/admin.kubeconfig'), 'utf8')
  const all = auditLog(audit)
  return {
    start: async (name, { namespace, account = ACCOUNT, argv = [], env = {}, port }) => {
      const asked = ['-n', HOME, 'create', 'token', account, '--duration=2h']
      const token = (await kubectl(bed, asked)).trim()
      const path = join(bed.state, `${name}.kubeconfig`)
      writePrivate(path, kubeconfigFor(admin, token, port))
      const whole = ['--kubeconfig', path, '--health-address=0']
      const where = [...(namespace === undefined ? [] : ['--namespace', namespace]), ...whole]
      const child = spawn(
        process.execPath,
        [WAYBILL, 'controller', ...where, '--metrics-address=0', ...argv],
        {
          env: { PATH: process.env.PATH ?? '', HOSTNAME: name, ...env },
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      )
      running.add(child)
      let log = ''
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        log += chunk
      })
      const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
      const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
      return { name, child, log: () => log, ended, credential: `JTI=${jti}` }
    },
    audited: (credential) => all().filter((entry) => entry.credential === credential),
    killAll: () => {
      for (const child of running) child.kill('SIGKILL')
    },
  }
}

function kubeconfigFor(admin: string, token: string, port: number | undefined): string {
  const config = admin
    .replace(/token: [^}]*/, `token: ${token}`)
    .replace('user: u', `user: u, namespace: ${HOME}`)
  return port === undefined ? config : config.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`)
}

/** Reads what has been added since it was asked last. */
function auditLog(path: string): () => readonly Audited[] {
  const entries: Audited[] = []
  const bytes = Buffer.alloc(1 << 20)
  let atByte = 0
  let rest = ''
  return () => {
    const file = openSync(path, 'r')
    for (;;) {
      const count = readSync(file, bytes, 0, bytes.length, atByte)
      if (count === 0) break
      atByte += count
      const lines = (rest + bytes.toString('latin1', 0, count)).split('\n')
      rest = lines.pop() ?? ''
      entries.push(...lines.map(decodeAudited))
    }
    closeSync(file)
    return entries
  }
}

function decodeAudited(line: string): Audited {
  const { verb, objectRef = {}, responseStatus, user, requestReceivedTimestamp } = JSON.parse(line)
  return {
    verb,
    atMs: Date.parse(requestReceivedTimestamp),
    resource: [objectRef.resource, objectRef.subresource].filter(Boolean).join('/'),
    namespace: objectRef.namespace ?? '',
    name: objectRef.name ?? '',
    code: responseStatus?.code ?? 0,
    credential: user.extra?.['authentication.kubernetes.io/credential-id']?.[0] ?? '',
  }
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete'])

/** A write, carried out or not. */
export const isWrite = ({ verb }: Audited): boolean => WRITES.has(verb)

/** As administrator, without blocking the wires of this process. Throws with stderr. */
export async function kubectl(bed: Bed, args: readonly string[]): Promise<string> {
  const config = ['--kubeconfig', join(bed.state, 'api/admin.kubeconfig')]
  const { stdout } = await execFileAsync(join(bed.bin, 'kubectl'), [...config, ...args], {
    maxBuffer: 1 << 26,
  })
  return stdout
}

/** Every value that each Secret of a namespace has had, as the API server's watch tells it. */
export interface History {
  /** By name, in order; one entry for each version of the Secret. */
  readonly values: () => ReadonlyMap<string, readonly string[]>
  /** How many Secrets have this value now. */
  readonly count: (value: string) => number
}

export function watchSecrets(bed: Bed, namespace: string): History & { readonly stop: () => void } {
  const path = join(bed.state, 'api/admin.kubeconfig')
  const form = 'jsonpath={.metadata.name} {.data.value}{"\\n"}'
  const argv = ['--kubeconfig', path, '-n', namespace, 'get', 'secrets', '-w', '-o', form]
  const child = spawn(join(bed.bin, 'kubectl'), argv, { stdio: ['ignore', 'pipe', 'ignore'] })
  const seen = new Map<string, string[]>()
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [name = '', value = ''] = line.split(' ')
      if (value === '') continue
      const values = seen.get(name) ?? []
      seen.set(name, values)
      values.push(Buffer.from(value, 'base64').toString())
    }
  })
  return {
    values: () => seen,
    count: (value) => [...seen.values()].filter((values) => values.at(-1) === value).length,
    stop: () => child.kill('SIGKILL'),
  }
}

/** No Secret ever went back to a value that it had left. */
export function assertNoFlap({ values }: History, order: readonly string[]): void {
  for (const [name, all] of values()) {
    const places = all.map((value) => order.indexOf(value))
    assert.ok(!places.includes(-1), `${name} was ${all.join()}`)
    assert.ok(
      places.every((place, at) => place >= (places[at - 1] ?? 0)),
      `${name}: ${all.join()}`,
    )
  }
}

/** Waits; fails with what `told` says after as many seconds as are given. */
export async function within(
  seconds: number,
  isSo: () => boolean | Promise<boolean>,
  told: () => string,
): Promise<number> {
  const startMs = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startMs > seconds * 1000) assert.fail(told())
    await pause(100)
  }
  return (performance.now() - startMs) / 1000
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))
