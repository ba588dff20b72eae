import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { lean } from '../../../src/providers/aws/lean.ts'

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** A client, and the id of the keys that it is given. */
async function bench(t: TestContext, listener: Listener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const keys = { id: 'FIRST' }
  const credentials = async () => ({ accessKeyId: keys.id, secretAccessKey: 'secret-key' })
  const client = lean(
    new SecretsManagerClient({
      region: 'eu-central-1',
      endpoint: `http://127.0.0.1:${address.port}`,
      maxAttempts: 1,
      cacheMiddleware: true,
      credentials: Object.assign(credentials, { memoized: true }),
    }),
  )
  t.after(() => {
    client.destroy()
    server.closeAllConnections()
    server.close()
  })
  const get = (name: string, abortSignal = new AbortController().signal) =>
    client.send(new GetSecretValueCommand({ SecretId: name }), { abortSignal })
  return { get, keys }
}

async function nameIn(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  const { SecretId } = JSON.parse(body) as { readonly SecretId: string }
  return SecretId
}

const answerByName: Listener = async (request, response) => {
  const name = await nameIn(request)
  response.setHeader('content-type', 'application/x-amz-json-1.1')
  response.end(JSON.stringify({ Name: name, SecretString: `of ${name}` }))
}

test('calls at the same time share their parts, and each gets its own answer', async (t) => {
  const { get } = await bench(t, answerByName)
  const names = Array.from({ length: 30 }, (_, at) => `s${at}`)
  const answers = await Promise.all(names.map((name) => get(name)))
  assert.deepEqual(
    answers.map(({ SecretString }) => SecretString),
    names.map((name) => `of ${name}`),
  )
})

test('an aborted call gives its connection up, and no other call', async (t) => {
  let left = (): void => undefined
  const closed = new Promise<void>((resolve) => {
    left = resolve
  })
  let arrived = (): void => undefined
  const hanging = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const { get } = await bench(t, async (request, response) => {
    if (request.headers['x-amz-target']?.toString().endsWith('GetSecretValue') !== true) return
    const name = await nameIn(request)
    if (name === 'hangs') {
      response.on('close', left)
      return arrived()
    }
    await closed
    response.setHeader('content-type', 'application/x-amz-json-1.1')
    response.end(JSON.stringify({ Name: name, SecretString: 'there' }))
  })
  const ending = new AbortController()
  const other = get('goes on', new AbortController().signal)
  const aborted = get('hangs', ending.signal)
  const rejected = assert.rejects(aborted, { name: 'AbortError' })
  await hanging
  ending.abort()
  await Promise.all([rejected, closed])
  assert.equal((await other).SecretString, 'there')
})

test('each signature is made with the keys of its time', async (t) => {
  const seen: string[] = []
  const { get, keys } = await bench(t, (request, response) => {
    seen.push(/Credential=(\w+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '')
    answerByName(request, response)
  })
  await get('a')
  keys.id = 'SECOND'
  await get('b')
  assert.deepEqual(seen, ['FIRST', 'SECOND'])
})

test('a call says who makes it, and nothing of the machine that it is made on', async (t) => {
  let headers: IncomingMessage['headers'] = {}
  const { get } = await bench(t, (request, response) => {
    headers = request.headers
    answerByName(request, response)
  })
  await get('a')
  assert.equal(headers['user-agent'], 'app/waybill')
  const told = Object.keys(headers).filter((name) =>
    /^(?:amz-sdk|x-amz-user|x-amzn-trace)/.test(name),
  )
  assert.deepEqual(told, [])
})
