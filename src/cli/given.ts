import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isEsoObject } from '../graph/graph.ts'
import type { Document } from '../manifests/document.ts'
import { readText } from '../manifests/read.ts'
import { compareFindings, type Finding } from '../model/finding.ts'
import type { JsonObject } from '../model/json.ts'
import { formatPlace } from '../model/place.ts'
import { plain, shortened } from '../report/plain.ts'
import { InputError } from './exit.ts'
import { readInputs } from './inputs.ts'
import type { Io } from './io.ts'

// Manifests that a command which computes values was given. Half of an input is none: a run that acted on the readable
// part would miss what the author changed in the other.

/** Core objects that may stand beside ours: auth Secrets, template sources, namespaces. */
const NEEDLES = ['Secret', 'ConfigMap', 'Namespace']
// Characters of a finding on stderr.
const LINE_MAX = 300

/** Manifests, all of them readable. */
export interface Given {
  /** Objects of ESO's groups. */
  readonly documents: readonly Document[]
  /** Objects of other groups. */
  readonly others: readonly JsonObject[]
}

/** Reads the manifests. Throws an InputError that names the first unreadable place; all of them are said before. */
export async function readGiven(operands: readonly string[], io: Io): Promise<Given> {
  const { inputs, findings } = await readInputs(operands, io)
  const scanned = inputs.map(({ file, bytes }) => readText(file, bytes, { needles: NEEDLES }))
  refuseUnreadable([...findings, ...scanned.flatMap((one) => one.findings)], io)
  return {
    documents: scanned.flatMap((one) => one.documents),
    others: scanned.flatMap(({ foreign }) =>
      foreign.map(({ object }) => object).filter((object) => !isEsoObject(object)),
    ),
  }
}

/** Twenty at most: a broken template tool breaks every document. */
function refuseUnreadable(findings: readonly Finding[], io: Io): void {
  const [first, ...rest] = [...findings].sort(compareFindings)
  if (first === undefined) return
  for (const finding of rest.slice(0, 20)) {
    io.writeErr(`${shortened(`${formatPlace(finding.at)}: ${finding.message}`, LINE_MAX)}\n`)
  }
  throw new InputError(plain(`${formatPlace(first.at)}: ${first.message}`), first.hint)
}

/** One file of an option. Throws InputError. */
export async function readOption(name: string, path: string, io: Io): Promise<Uint8Array> {
  try {
    return await readFile(resolve(io.cwd, path))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new InputError(plain(`cannot read --${name} ${JSON.stringify(path)}: ${code}`))
  }
}
