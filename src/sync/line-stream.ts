import type { IncomingMessage } from 'node:http'
import { HttpFailure, type HttpResponse } from '../model/http.ts'
import { failureOf } from './network-failure.ts'

/** What to do with the lines of an answer. */
export interface LineReader {
  readonly onLine: (line: Uint8Array) => void
  readonly lineBytesMax: number
  /** Called for whatever comes: the other side is alive. */
  readonly onAlive: () => void
}

const LINE_FEED = 10

/** Reads an answer line by line to its end; a line of which the end is missing was cut, and is not given. */
export function readLines(
  incoming: IncomingMessage,
  host: string,
  { onLine, lineBytesMax, onAlive }: LineReader,
): Promise<HttpResponse> {
  const split = createSplitter(onLine)
  return new Promise((resolve, reject) => {
    incoming.on('data', (chunk: Buffer) => {
      onAlive()
      if (split(chunk) <= lineBytesMax) return
      reject(new HttpFailure('too-large', `${host} sent a line of more than ${lineBytesMax} bytes`))
    })
    incoming.on('error', (error) => reject(failureOf(error, host)))
    incoming.on('end', () => resolve({ status: 200, headers: {}, body: new Uint8Array() }))
  })
}

/** Gives every line that a piece completes, and answers how many bytes wait for the end of theirs. */
function createSplitter(onLine: (line: Uint8Array) => void): (chunk: Buffer) => number {
  let waiting: Buffer[] = []
  let waitingBytes = 0
  return (chunk) => {
    let from = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      waiting.push(chunk.subarray(from, end))
      const line = Buffer.concat(waiting)
      if (line.length > 0) onLine(line)
      waiting = []
      waitingBytes = 0
      from = end + 1
    }
    if (from < chunk.length) waiting.push(chunk.subarray(from))
    waitingBytes += chunk.length - from
    return waitingBytes
  }
}
