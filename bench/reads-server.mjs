// AWS Secrets Manager, Vault and an API server as far as a bench of reads needs them: every answer after a stated time, calls and
// connections counted here and not by the client. Prints its port.   node bench/reads-server.mjs LATENCY_MS [quota]
import { createServer } from 'node:http'

const latencyMs = Number(process.argv[2])
/** Calls a second that AWS takes: BatchGetSecretValue 100, GetSecretValue 10,000. */
const QUOTAS =
  process.argv[3] === 'quota' ? { BatchGetSecretValue: 100, GetSecretValue: 10_000 } : {}
const calls = new Map()
const buckets = new Map()
let connections = 0
let throttled = 0

function takes(call) {
  const perSecond = QUOTAS[call]
  if (perSecond === undefined) return true
  const now = performance.now()
  const bucket = buckets.get(call) ?? { tokens: perSecond / 10, at: now }
  buckets.set(call, bucket)
  bucket.tokens = Math.min(perSecond / 10, bucket.tokens + ((now - bucket.at) * perSecond) / 1000)
  bucket.at = now
  if (bucket.tokens < 1) return false
  bucket.tokens--
  return true
}

const secret = (name) => ({
  ARN: `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`,
  Name: name,
  SecretString: `{"user":"u","password":"of-${name}"}`,
  VersionId: '00000000-0000-4000-8000-000000000000',
})

function answer(request, body) {
  const target = request.headers['x-amz-target']?.split('.')[1]
  const isKube = request.url.startsWith('/api')
  const call = target ?? `${isKube ? 'kube' : 'vault'} ${request.method}`
  calls.set(call, (calls.get(call) ?? 0) + 1)
  if (!takes(call)) {
    throttled++
    return [400, { __type: 'ThrottlingException', message: 'Rate exceeded' }]
  }
  if (target === 'GetSecretValue') return [200, secret(JSON.parse(body).SecretId)]
  if (target === 'BatchGetSecretValue') {
    return [200, { SecretValues: JSON.parse(body).SecretIdList.map(secret), Errors: [] }]
  }
  if (isKube) return [200, { items: [] }]
  if (request.url.includes('/auth/token/lookup-self')) return [200, { data: { ttl: 0 } }]
  const key = request.url.slice('/v1/secret/data/'.length)
  return [200, { data: { data: { user: 'u', password: `of-${key}` }, metadata: { version: 1 } } }]
}

const server = createServer(async (request, response) => {
  if (request.url === '/stats') {
    const stats = { calls: Object.fromEntries(calls), connections, throttled }
    calls.clear()
    connections = 0
    throttled = 0
    // The next client starts with a quota of its own.
    buckets.clear()
    return response.end(JSON.stringify(stats))
  }
  let body = ''
  for await (const chunk of request) body += chunk
  const [status, json] = answer(request, body)
  setTimeout(() => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(json))
  }, latencyMs)
})
server.on('connection', () => connections++)
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.on('disconnect', () => process.exit())
