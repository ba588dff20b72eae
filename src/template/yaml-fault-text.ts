import { buildValue } from '../manifests/yaml/build.ts'
import { YamlFault } from '../manifests/yaml/fault.ts'
import type { Node, ScalarNode } from '../manifests/yaml/node.ts'
import { parseText } from '../manifests/yaml/parser.ts'
import { resolvePlain } from '../manifests/yaml/resolve.ts'
import { decodeText } from '../manifests/yaml/text.ts'
import { readerFault } from './yaml-reader-fault.ts'

// What go-yaml says about a text that it cannot read. `fromYaml` makes that the value of the key `Error`, so a template can print
// it. The texts are go-yaml's, for parity; like every rendered text they are secret, and go nowhere else.

/** Bounds for reading the text a second time, now for the place and the words of its fault. */
const LIMITS = { depthMax: 1000, aliasesMax: 1_000_000, nodesMax: 4_000_000 }

/** Where go-yaml counts lines from. The scanner stands behind the fault, the parser at the token; a value has no place. */
type Source = 'scanner' | 'scanner at end' | 'parser' | 'value'

/** Our messages by their beginning → go-yaml's. */
const TEXTS: readonly (readonly [string, string, Source])[] = [
  ['a flow sequence needs', "did not find expected ',' or ']'", 'parser'],
  ['a flow mapping needs', "did not find expected ',' or '}'", 'parser'],
  ['a value was expected', 'did not find expected node content', 'parser'],
  ['a mapping needs', 'did not find expected key', 'parser'],
  ['a sequence needs', "did not find expected '-' indicator", 'parser'],
  ['directives must be followed', 'did not find expected <document start>', 'parser'],
  ['a second %YAML', 'found duplicate %YAML directive', 'parser'],
  ['%YAML must be', 'found incompatible YAML document', 'parser'],
  ['a second %TAG', 'found duplicate %TAG directive', 'parser'],
  ['a tag has a handle', 'found undefined tag handle', 'parser'],
  ['no value can begin', 'found character that cannot start any token', 'scanner'],
  ['a "-" entry', 'block sequence entries are not allowed in this context', 'scanner'],
  ['a "?" key', 'mapping keys are not allowed in this context', 'scanner'],
  ['a ":" value', 'mapping values are not allowed in this context', 'scanner'],
  ['a key is not followed', "could not find expected ':'", 'scanner'],
  ['a tab indents a plain', 'found a tab character that violates indentation', 'scanner'],
  [
    'a tab indents a block',
    'found a tab character where an indentation space is expected',
    'scanner',
  ],
  ['a document marker', 'found unexpected document indicator', 'scanner'],
  ['a quoted scalar', 'found unexpected end of stream', 'scanner at end'],
  ['unknown escape', 'found unknown escape character', 'scanner'],
  ['\\', 'did not find expected hexdecimal number', 'scanner'],
  ['an escape names', 'found invalid Unicode character escape code', 'scanner'],
  ['a block scalar cannot', 'found an indentation indicator equal to 0', 'scanner'],
  ['only a comment may', 'did not find expected comment or line break', 'scanner'],
  ['only the directives', 'found unknown directive name', 'scanner'],
  ['%YAML needs', 'did not find expected version number', 'scanner'],
  ['%TAG needs', 'did not find expected whitespace', 'scanner'],
  ['the name of an', 'did not find expected alphabetic or numeric character', 'scanner'],
  ['a tag must be followed', 'did not find expected whitespace or line break', 'scanner'],
  ['a verbatim tag', "did not find the expected '>'", 'scanner'],
  ['a tag has no name', 'did not find expected tag URI', 'scanner'],
  ['a tag has a broken', 'did not find URI escaped octet', 'scanner'],
  ['a % escape', 'found an incorrect leading UTF-8 octet', 'scanner'],
  ['control characters', 'control characters are not allowed', 'value'],
  ['"<<" needs', 'map merge requires map or sequence of maps as the value', 'value'],
  ['a value with the tag !!binary', '!!binary value contains invalid base64 data', 'value'],
]

/** go-yaml's text for what is wrong with YAML that `yamlToJson` could not read. */
export function yamlFaultText(bytes: Uint8Array): string {
  try {
    const text = decodeText(bytes)
    return valueText(text) ?? 'yaml: unknown problem parsing YAML content'
  } catch (error) {
    if (error instanceof YamlFault) return saidBy(error, bytes)
    throw error
  }
}

/** UTF-16 is told apart by its mark, and has one text for all that is wrong with it. */
function saidBy(error: YamlFault, bytes: Uint8Array): string {
  const isWide =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  const fault = isWide ? undefined : readerFault(bytes)
  return fault === undefined ? textOf(error, '') : `yaml: ${fault}`
}

/** Undefined when the text can be read after all. */
function valueText(text: string): string | undefined {
  let root: Node | undefined
  try {
    root = parseText(text, LIMITS).root
    if (root === undefined) return undefined
    const { infiniteOffset } = buildValue(root, { limits: LIMITS })
    return infiniteOffset === undefined ? undefined : infiniteText(text.slice(infiniteOffset))
  } catch (error) {
    if (error instanceof YamlFault) return misfitText(error, root) ?? textOf(error, text)
    throw error
  }
}

const TAGS = { string: 'str', bool: 'bool', int: 'int', uint: 'int', float: 'float', null: 'null' }

/** A text that its tag does not fit is quoted, with what it would be without the tag. */
function misfitText({ message, offset }: YamlFault, root: Node | undefined): string | undefined {
  const tag = /^a value with the tag (!!\w+) is none$/.exec(message)?.[1]
  const scalar = tag === undefined || root === undefined ? undefined : scalarAt(root, offset)
  if (scalar === undefined) return undefined
  const { form } = resolvePlain(scalar.text)
  return `yaml: cannot decode !!${TAGS[form]} \`${scalar.text}\` as a ${tag}`
}

function scalarAt(node: Node, offset: number): ScalarNode | undefined {
  switch (node.shape) {
    case 'scalar':
      return node.start === offset ? node : undefined
    case 'sequence':
      return firstAt(node.items, offset)
    case 'mapping':
      return firstAt(
        node.pairs.flatMap(({ key, value }) => [key, value]),
        offset,
      )
    default:
      return undefined
  }
}

function firstAt(nodes: readonly Node[], offset: number): ScalarNode | undefined {
  for (const node of nodes) {
    const found = scalarAt(node, offset)
    if (found !== undefined) return found
  }
  return undefined
}

/** JSON cannot hold these, so the way through JSON fails after YAML has been read. */
function infiniteText(rest: string): string {
  const name = /^[+.-]*nan/i.test(rest) ? 'NaN' : rest.startsWith('-') ? '-Inf' : '+Inf'
  return `json: unsupported value: ${name}`
}

/**
 * go-yaml's words by the beginning of ours; a message of ours without a row gets go-yaml's last
 * resort.
 */
function textOf({ message, offset, reached }: YamlFault, text: string): string {
  if (message.startsWith('an alias names')) {
    const name = /^\*([A-Za-z0-9_-]*)/.exec(text.slice(offset))?.[1] ?? ''
    return `yaml: unknown anchor '${name}' referenced`
  }
  const known = TEXTS.find(([begin]) => message.startsWith(begin))
  if (known === undefined) return 'yaml: unknown problem parsing YAML content'
  const [, found, source] = known
  const isNameless =
    message.startsWith('only the directives') && !/^%[\w-]/.test(text.slice(offset))
  const said = isNameless ? 'could not find expected directive name' : found
  const line = reached === undefined ? lineOf(text, offset, source) : reached && reached + 1
  return `yaml: ${line === 0 ? '' : `line ${line}: `}${said}`
}

// YAML 1.1 breaks lines at U+0085, U+2028 and U+2029 as well.
const BREAKS = /\r\n|[\n\r\u0085\u2028\u2029]/g

/** go-yaml leaves the first line out; the parser counts lines from 0, and a last line without break as one more. */
function lineOf(text: string, offset: number, source: Source): number {
  if (source === 'value') return 0
  const at = source === 'scanner at end' ? text.length : offset
  const before = text.slice(0, at).match(BREAKS)?.length ?? 0
  const isEnd = at >= text.length && /[^\n\r\u0085\u2028\u2029]$/.test(text)
  if (source === 'parser') return before + (isEnd ? 1 : 0)
  return before === 0 ? 0 : before + 1
}
