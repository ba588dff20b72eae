import { objectKey } from '../graph/graph.ts'
import { isHandedOff } from '../handoff/remarks.ts'
import { readText } from '../manifests/read.ts'
import { decodeText } from '../manifests/yaml/text.ts'
import { type Finding, reaches } from '../model/finding.ts'
import { dig, type JsonObject, member, text } from '../model/json.ts'
import { RenderError } from '../render/render-error.ts'
import { type ResourceList, readResourceList } from '../render/resource-list.ts'
import { EXIT, InputError, UsageError } from './exit.ts'
import { readFunctionConfig } from './function-config.ts'
import { STDIN } from './inputs.ts'
import type { Command, Invocation } from './invocation.ts'
import { readKnownStores } from './known-stores.ts'
import { type RenderSettings, resolveSettings } from './render-settings.ts'
import { type Judged, judge, type Look } from './rendered-graph.ts'
import { causeText, verdictText } from './verdict.ts'

// The KRM function. Findings go to stderr, which kustomize shows, and to `results`, which kpt reads. An error gets no answer
// at all, as in every render: whatever stood on stdout could be taken for the manifests.

const INPUT_BYTES_MAX = 128 * 2 ** 20

/** `waybill fn`: exit 0 with the edited list, or no answer and 1, 2 or 3. */
export const fn: Command = async (invocation) => {
  try {
    return await run(invocation)
  } catch (error) {
    if (error instanceof RenderError) throw new InputError(error.message, error.hint)
    throw error
  }
}

async function run({ operands, options, io }: Invocation): Promise<number> {
  if (operands.length > 0) throw new UsageError('waybill fn takes no operand: it reads stdin')
  const bytes = await io.stdin.read(INPUT_BYTES_MAX)
  const list = readResourceList(decoded(bytes))
  const { mode, settings: given } = readFunctionConfig(list.functionConfig)
  const settings = resolveSettings('fn', {
    options,
    settings: given,
    env: io.env,
    fallbackApp: '',
  })
  const look: Look = async (needles, isRepeat) => [readText(STDIN, bytes, { needles, isRepeat })]
  const knownStores = await readKnownStores(settings.knownStores, io)
  const judged = await judge(look, settings, knownStores)
  checkApp(judged, settings)
  const findings = [...judged.unreadable, ...judged.findings]
  const isFailed = findings.some(({ severity }) => reaches(severity, settings.failOn))
  io.writeErr(verdictText(findings))
  if (isFailed) {
    io.writeErr(`waybill: ${causeText(findings, settings.failOn)}\n`)
    return judged.unreadable.some(({ severity }) => severity === 'error')
      ? EXIT.input
      : EXIT.findings
  }
  const results = findings.map((finding) => resultOf(finding, list, settings.namespace))
  const answer = mode === 'validate' ? list.emptied(results) : transformed(list, judged, results)
  await io.writeOut(new TextEncoder().encode(answer))
  return EXIT.clean
}

/** Decodes once; what is no UTF-8 is no ResourceList. */
function decoded(bytes: Uint8Array): string {
  try {
    return decodeText(bytes)
  } catch {
    throw new InputError('standard input is no UTF-8 text', 'a KRM function reads a ResourceList')
  }
}

/** A name is needed only where something is handed off. */
function checkApp({ handoff }: Judged, { app }: RenderSettings): void {
  if (app === '' && handoff !== undefined && handoff.objects.length > 0) {
    throw new UsageError('no name for the bundle: set spec.app of the function configuration')
  }
}

/** Objects that are handed off go, those of the hand-off come. */
function transformed(
  list: ResourceList,
  { graph, handoff }: Judged,
  results: readonly JsonObject[],
): string {
  return list.edited({
    isTaken: (item) => handoff !== undefined && isHandedOff(item, graph),
    added: handoff?.objects ?? [],
    results,
  })
}

/** A finding as the KRM specification writes it. */
function resultOf(finding: Finding, { items }: ResourceList, namespace: string): JsonObject {
  const item = items.find((object) => objectKey(object, namespace) === finding.subject)
  const hint = finding.hint === undefined ? '' : `; ${finding.hint}`
  return {
    message: `${finding.message}${hint}`,
    severity: finding.severity,
    tags: { rule: finding.rule },
    ...(item === undefined ? {} : { resourceRef: referenceOf(item), ...fileOf(item) }),
    ...(item === undefined || finding.field === undefined
      ? {}
      : { field: { path: finding.field } }),
  }
}

/** The object as the KRM specification refers to it. */
function referenceOf(item: JsonObject): JsonObject {
  const namespace = text(dig(item, 'metadata', 'namespace'))
  return {
    apiVersion: text(member(item, 'apiVersion')) ?? '',
    kind: text(member(item, 'kind')) ?? '',
    name: text(dig(item, 'metadata', 'name')) ?? '',
    ...(namespace === undefined ? {} : { namespace }),
  }
}

/** Where kustomize or kpt read the object; empty when they did not say. */
function fileOf(item: JsonObject): JsonObject {
  const annotations = dig(item, 'metadata', 'annotations')
  const path =
    text(member(annotations, 'internal.config.kubernetes.io/path')) ??
    text(member(annotations, 'config.kubernetes.io/path'))
  if (path === undefined) return {}
  const index = Number(text(member(annotations, 'config.kubernetes.io/index')) ?? 0)
  return { file: { path, ...(Number.isInteger(index) ? { index } : {}) } }
}
