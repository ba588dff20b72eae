import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadAll } from 'js-yaml'
import { dig, isObject, type JsonObject, text } from '../../src/model/json.ts'
import { type Platform, startPlatform } from './platform.ts'

// The tutorial, from Git to a rotated value, with servers on loopback instead of a cloud. Every step is the command that a
// user would run; what the Secret holds is shown by length only.

const folder = mkdtempSync(join(tmpdir(), 'waybill-demo-'))
const platform = await startPlatform(folder)
try {
  await tell(platform)
} finally {
  await platform.close()
  rmSync(folder, { recursive: true, force: true })
}

async function tell({
  kube,
  aws,
  vault,
  manifests,
  env,
  apply,
  kubeconfig,
}: Platform): Promise<void> {
  heading('1. What Git holds: references, no value')
  for (const file of readdirSync(manifests)) console.log(`   ${file}`)
  console.log(
    indented(readFileSync(join(manifests, 'api-key-sync.yaml'), 'utf8').split('spec:')[1] ?? ''),
  )

  heading('2. waybill generate: checks them, and hands them to a sync job')
  const stream = await waybill(['generate', manifests, '--app', 'shop', '-n', 'shop'], {})
  for (const object of loadAll(stream)) console.log(`   ${nameOf(object)}`)
  console.log(`   … ${apply(stream)} objects applied`)
  console.log('   what the job receives, ConfigMap/shop/waybill-shop-0:')
  const shard = text(dig(kube.object('ConfigMap', 'shop', 'waybill-shop-0'), 'data', 'bundle.json'))
  console.log(indented(indented(JSON.stringify(JSON.parse(shard ?? '{}').items, null, 1))))

  heading('3. waybill sync, with the rights that were generated for it')
  const access = ['--app', 'shop', '-n', 'shop', '--kubeconfig', kubeconfig()]
  console.log(indented(await waybill(['sync', ...access], env)))
  show(kube.object('Secret', 'shop', 'api-credentials'))

  heading('4. Somebody rotates both values')
  vault.put('secret', 'shop/api', { token: 'second-token-which-is-longer' })
  aws.set('shop/database', JSON.stringify({ user: 'shop', password: 'second-password-longer' }))
  console.log(indented(await waybill(['sync', ...access, '--force', 'api-key-sync'], env)))
  show(kube.object('Secret', 'shop', 'api-credentials'))

  heading('5. Nothing changed: nothing is written')
  console.log(indented(await waybill(['sync', ...access, '--force', 'api-key-sync'], env)))
  const log = [...vault.calls.all, ...aws.calls.all].map(({ call }) => call)
  console.log(
    `   calls at AWS and Vault in all three runs: ${log.length} (${[...new Set(log)].join(', ')})`,
  )
  console.log(
    '\nNext: waybill validate DIR on manifests of your own, or examples/argocd for Argo CD.',
  )
}

function waybill(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['dist/waybill.cjs', ...args], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(out)
      else reject(new Error(`waybill ${args[0]} ended with ${code}\n${out}`))
    })
  })
}

function show(secret: JsonObject | undefined): void {
  const data = dig(secret, 'data')
  const entries = isObject(data) ? Object.entries(data) : []
  console.log(
    `   ${nameOf(secret)} resourceVersion ${text(dig(secret, 'metadata', 'resourceVersion'))}`,
  )
  for (const [key, value] of entries) {
    console.log(`     ${key}: ‹${Buffer.from(text(value) ?? '', 'base64').length} bytes›`)
  }
}

function nameOf(object: unknown): string {
  const { kind, metadata } = object as JsonObject
  return `${text(kind)}/${text(dig(metadata, 'namespace')) ?? ''}/${text(dig(metadata, 'name'))}`
}

function heading(title: string): void {
  console.log(`\n── ${title}`)
}

function indented(lines: string): string {
  return lines.trimEnd().replace(/^(?=.)/gm, '   ')
}
