import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { HttpFailure, type HttpFailureCode, type StreamRequest } from '../../../src/model/http.ts'
import { createHttpClient } from '../../../src/sync/transport.ts'

const http = createHttpClient()
const closing: (() => void)[] = [http.close]
after(() => {
  for (const close of closing) close()
})

/** A server that answers with what `act` writes. */
async function serve(act: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_, response) => act(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function asked(url: string, more: Partial<StreamRequest> = {}): StreamRequest {
  const { signal } = new AbortController()
  const request = { method: 'GET', url, headers: {}, body: undefined, tls: undefined } as const
  return { ...request, timeoutMs: 2_000, idleMs: 2_000, lineBytesMax: 100, signal, ...more }
}

async function linesOf(url: string, more: Partial<StreamRequest> = {}): Promise<readonly string[]> {
  const lines: string[] = []
  await http.stream(asked(url, more), (line) => lines.push(Buffer.from(line).toString()))
  return lines
}

async function fails(run: Promise<unknown>, code: HttpFailureCode): Promise<void> {
  await assert.rejects(run, (error) => error instanceof HttpFailure && error.code === code)
}

test('lines come whole, wherever the pieces were cut, and an unfinished one does not', async () => {
  const text = '{"a":"grüße"}\n\n{"b":2}\n{"c":'
  const bytes = Buffer.from(text)
  for (const size of [1, 2, 7, bytes.length]) {
    const url = await serve(async (response) => {
      for (let at = 0; at < bytes.length; at += size) {
        await new Promise((resolve) => response.write(bytes.subarray(at, at + size), resolve))
      }
      response.end()
    })
    assert.deepEqual(await linesOf(url), ['{"a":"grüße"}', '{"b":2}'])
  }
})

test('any other status is a whole answer', async () => {
  const url = await serve((response) => void response.writeHead(410).end('a\nb'))
  const lines: unknown[] = []
  const { status, body } = await http.stream(asked(url), (line) => lines.push(line))
  assert.equal(`${status} ${Buffer.from(body)}`, '410 a\nb')
  assert.deepEqual(lines, [])
})

test('a silence that is too long is a failure, and every byte ends one', async () => {
  const silent = await serve((response) => void response.write('one\n'))
  await fails(linesOf(silent, { idleMs: 30 }), 'timeout')
  const slow = await serve((response) => {
    let sent = 0
    const timer = setInterval(() => {
      response.write('.')
      if (++sent < 8) return
      clearInterval(timer)
      response.end('\n')
    }, 20)
  })
  assert.deepEqual(await linesOf(slow, { idleMs: 100, timeoutMs: 100 }), ['........'])
})

test('a line that is too long, a cut and an abort are failures of their own', async () => {
  const long = await serve((response) => void response.write('x'.repeat(101)))
  await fails(linesOf(long), 'too-large')
  const cut = await serve((response) => {
    response.write('one\n', () => response.destroy())
  })
  await fails(linesOf(cut), 'reset')
  const stop = new AbortController()
  const endless = await serve((response) => {
    response.write('one\n', () => stop.abort())
  })
  await fails(linesOf(endless, { signal: stop.signal }), 'aborted')
})
