import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

// The test bed's real programs (test/bed), one folder of state per test file, so that files do not meet.

const BED = resolve('test/bed/bed')
export const WAYBILL = resolve('dist/waybill.cjs')

export interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Bed {
  /** Scratch folder of this file, with a short path: unix sockets live below it. */
  readonly state: string
  /** Starts a tier; resolves to the NAME=VALUE lines that it prints. */
  readonly up: (
    tier: string,
    env?: Readonly<Record<string, string>>,
  ) => Readonly<Record<string, string>>
  /** `bed ARGS…`, stdout. Throws with stderr when it fails. */
  readonly run: (...args: readonly string[]) => string
  /** kubectl as the API server's administrator. */
  readonly kubectl: (args: readonly string[], input?: string) => string
  /** The same, without throwing. */
  readonly tryKubectl: (args: readonly string[], input?: string) => Promise<Run>
  /** Ends a tier and keeps its data for the next `up`. */
  readonly halt: (tier: string) => void
  readonly down: () => void
  /** The folder of the built programs. */
  readonly bin: string
}

export function openBed(name: string): Bed {
  const state = mkdtempSync(join(tmpdir(), `wb-${name}-`))
  const env = { ...process.env, STATE: state }
  const bin = execFileSync(BED, ['bin'], { encoding: 'utf8' }).trim()
  const run = (...args: readonly string[]): string =>
    execFileSync(BED, [...args], { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] })
  return {
    state,
    bin,
    run,
    up: (tier, more = {}) => {
      const lines = execFileSync(BED, [tier, 'up'], {
        encoding: 'utf8',
        env: { ...env, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      return Object.fromEntries(
        lines
          .split('\n')
          .filter((line) => /^[A-Z_]+=/.test(line))
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      )
    },
    kubectl: (args, input) =>
      execFileSync(BED, ['api', 'exec', 'kubectl', ...args], {
        encoding: 'utf8',
        env,
        ...(input === undefined ? {} : { input }),
        stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        maxBuffer: 1 << 28,
      }),
    tryKubectl: (args, input) => program(BED, ['api', 'exec', 'kubectl', ...args], { env, input }),
    halt: (tier) => {
      execFileSync(BED, [tier, 'down'], { env: { ...env, KEEP: '1' }, stdio: 'ignore' })
    },
    down: () => {
      execFileSync(BED, ['down'], { env, stdio: 'ignore' })
      rmSync(state, { recursive: true, force: true })
    },
  }
}

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly input?: string | undefined
  /** Called with the child, to send it signals. */
  readonly onStart?: (pid: number) => void
}

/** Runs a program to its end; a signal's death has code 128 + number. */
export function program(
  file: string,
  args: readonly string[],
  { env = process.env, cwd = process.cwd(), input, onStart }: ProgramOptions = {},
): Promise<Run> {
  return new Promise((done, fail) => {
    const child = spawn(file, [...args], { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      err += chunk
    })
    child.on('error', fail)
    child.on('close', (code, signal) =>
      done({ code: code ?? (signal === 'SIGKILL' ? 137 : 128), out, err }),
    )
    child.stdin.on('error', () => undefined)
    child.stdin.end(input ?? '')
    if (child.pid !== undefined) onStart?.(child.pid)
  })
}

/** `waybill ARGS…` as users have it: the bundle. Nothing of the caller's environment but PATH reaches it. */
export function waybill(args: readonly string[], options: ProgramOptions = {}): Promise<Run> {
  const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...options.env }
  return program(process.execPath, [WAYBILL, ...args], { ...options, env })
}

/** Writes a file that only we may read, and gives its path. */
export function writePrivate(path: string, text: string): string {
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

export interface AwsAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** One unsigned-in-earnest call to moto, which checks no signature. */
export function moto(endpoint: string, operation: string, body: unknown): Promise<AwsAnswer> {
  const authorization =
    'AWS4-HMAC-SHA256 Credential=testing/20300101/eu-central-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0'
  return new Promise((done, fail) => {
    const call = request(
      endpoint,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `secretsmanager.${operation}`,
          authorization,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () =>
          done({ status: response.statusCode ?? 0, body: JSON.parse(text || '{}') }),
        )
      },
    )
    call.on('error', fail)
    call.end(JSON.stringify(body))
  })
}

export const execFileAsync = promisify(execFile)
