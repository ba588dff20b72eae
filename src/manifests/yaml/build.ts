import type { JsonValue } from '../../model/json.ts'
import { syntaxFault, YamlFault, type YamlRule } from './fault.ts'
import { formatFloat32 } from './float32.ts'
import type { AliasNode, MappingNode, Node, Pair, ScalarNode } from './node.ts'
import { MERGE_TAG, resolveScalar, type Scalar } from './resolve.ts'

// Nodes to values, as sigs.k8s.io/yaml makes JSON of them: keys become strings, and a merge key stands for its mapping's
// members where it is written, so that it overrides an explicit key above it.

/** Trust: a few lines of aliases can stand for gigabytes; both bounds count through aliases. */
export interface BuildLimits {
  /** Values, each alias counted as what it stands for. */
  readonly nodesMax: number
  /** Levels, through aliases. */
  readonly depthMax: number
}

/** Limits, and a reading of scalars for callers that want text. */
export interface BuildOptions {
  readonly limits: BuildLimits
  /** How a scalar value of the root mapping reads; `readAs` of kubectl by default. */
  readonly readMember?: (scalar: Scalar) => JsonValue
}

/** Two keys of one mapping that come out as one. */
export interface Clash {
  readonly offset: number
  /** Whether the mapping is the root, where `apiVersion` and `kind` stand. */
  readonly isAtRoot: boolean
  /** Keys that are one only as text, of which kubectl keeps one at random; otherwise it keeps the last. */
  readonly isRandom: boolean
}

/** The value, with everything that readers disagree on: callers decide what is a finding. */
export interface Built {
  readonly value: JsonValue
  /** The first one, but one at the root before any other; undefined if there is none. */
  readonly clash: Clash | undefined
  /** Of the first merge key at the root, which parsers read differently. */
  readonly rootMergeOffset: number | undefined
  /** Of the first infinity or NaN, for which JSON has no form. */
  readonly infiniteOffset: number | undefined
  /** A key that JSON cannot have: null, or an integer beyond 2^63. */
  readonly badKeyOffset: number | undefined
}

/** Throws YamlFault where kubectl fails, and when a limit is reached. */
export function buildValue(root: Node, options: BuildOptions): Built {
  return new Builder(options).build(root)
}

/**
 * What a mapping becomes. Its prototype has no prototype and no members, so that `__proto__` and `constructor` are keys like
 * any other; objects made by `Object.create(null)` would do the same for twice the memory.
 */
class Members {
  [key: string]: JsonValue
}
Object.setPrototypeOf(Members.prototype, null)
Reflect.deleteProperty(Members.prototype, 'constructor')

class Builder {
  readonly #limits: BuildLimits
  readonly #readMember: (scalar: Scalar) => JsonValue
  readonly #open = new Set<AliasNode>()
  readonly #aliasing = new AliasBudget()
  /** The keys that were not strings as written, to tell `1` from `'1'`, and `1e40` from `1e50`: both are `.inf`. */
  readonly #originsByMembers = new Map<Members, Map<string, string>>()
  #count = 0
  #depth = 0
  #clash: Clash | undefined
  #badKeyOffset: number | undefined
  #rootMergeOffset: number | undefined
  #infiniteOffset: number | undefined

  constructor({ limits, readMember }: BuildOptions) {
    this.#limits = limits
    this.#readMember = readMember ?? readScalar
  }

  build(root: Node): Built {
    const value = this.#build(root)
    return {
      value,
      clash: this.#clash,
      badKeyOffset: this.#badKeyOffset,
      rootMergeOffset: this.#rootMergeOffset,
      infiniteOffset: this.#infiniteOffset,
    }
  }

  #build(node: Node): JsonValue {
    this.#charge(node)
    switch (node.shape) {
      case 'scalar': {
        const scalar = resolveScalar(node)
        if (scalar.form === 'float' && !Number.isFinite(scalar.value)) {
          this.#infiniteOffset ??= node.start
        }
        return this.#depth === 1 ? this.#readMember(scalar) : scalar.value
      }
      case 'alias':
        return this.#through(node, () => this.#build(node.target))
      case 'sequence': {
        this.#enter(node)
        const items = node.items.map((item) => this.#build(item))
        this.#depth--
        return items
      }
      case 'mapping': {
        const members = new Members()
        this.#enter(node)
        this.#addPairs(node, members)
        this.#depth--
        return members
      }
    }
  }

  #charge(node: Node): void {
    // Without aliases a document can be no larger than its text.
    if (++this.#count > this.#limits.nodesMax && this.#open.size > 0) {
      throw this.#fault('yaml-alias-bomb', node, `more than ${this.#limits.nodesMax} values`)
    }
    if (this.#aliasing.isExceeded(this.#open.size > 0)) {
      throw this.#fault('yaml-alias-bomb', node, 'nearly all of the document stems from aliases')
    }
  }

  #enter(node: Node): void {
    if (++this.#depth > this.#limits.depthMax) {
      const message = `nested deeper than ${this.#limits.depthMax} levels`
      throw this.#fault('yaml-too-deep', node, message)
    }
  }

  #fault(rule: YamlRule, { start }: Node, message: string): YamlFault {
    return new YamlFault(rule, start, message)
  }

  #through<T>(node: AliasNode, visit: () => T): T {
    if (this.#open.has(node)) throw syntaxFault(node.start, 'an anchor contains an alias to itself')
    this.#open.add(node)
    const result = visit()
    this.#open.delete(node)
    return result
  }

  #addPairs(node: MappingNode, members: Members): void {
    for (const { key, value } of node.pairs) {
      if (isMergeKey(key)) {
        if (this.#depth === 1) this.#rootMergeOffset ??= key.start
        this.#merge(value, members)
      } else this.#addPair({ key, value }, members)
    }
  }

  #addPair({ key, value }: Pair, members: Members): void {
    const scalar = this.#readKey(key)
    const text = keyText(scalar)
    const built = this.#build(value)
    if (text === undefined) this.#badKeyOffset ??= key.start
    const name = text ?? `\0${scalar.form}${scalar.value}`
    if (Object.hasOwn(members, name)) {
      this.#addClash(key, this.#originOf(members, name) !== originOf(scalar))
    }
    if (scalar.form !== 'string') this.#setOrigin(members, name, originOf(scalar))
    members[name] = built
  }

  #originOf(members: Members, name: string): string {
    return this.#originsByMembers.get(members)?.get(name) ?? 'string'
  }

  #setOrigin(members: Members, name: string, origin: string): void {
    const origins = this.#originsByMembers.get(members) ?? new Map<string, string>()
    this.#originsByMembers.set(members, origins.set(name, origin))
  }

  #addClash({ start: offset }: Node, isRandom: boolean): void {
    const isAtRoot = this.#depth === 1
    if (this.#clash === undefined || (isAtRoot && !this.#clash.isAtRoot)) {
      this.#clash = { offset, isAtRoot, isRandom }
    }
  }

  #readKey(key: Node): Scalar {
    this.#charge(key)
    if (key.shape === 'alias') {
      return this.#through(key, () => this.#readKey(key.target))
    }
    if (key.shape !== 'scalar') throw syntaxFault(key.start, 'a key must be a scalar')
    return resolveScalar(key)
  }

  #merge(value: Node, members: Members): void {
    if (value.shape !== 'sequence') {
      this.#mergeOne(value, members)
      return
    }
    // Earlier mappings take precedence, so they come last.
    for (const item of value.items.toReversed()) this.#mergeOne(item, members)
  }

  #mergeOne(node: Node, members: Members): void {
    this.#charge(node)
    if (node.shape === 'mapping') this.#addPairs(node, members)
    else if (node.shape === 'alias' && node.target.shape === 'mapping') {
      this.#through(node, () => this.#mergeOne(node.target, members))
    } else throw syntaxFault(node.start, '"<<" needs a mapping, or a sequence of mappings')
  }
}

/** `<<` unquoted and untagged, or tagged as a merge. */
export function isMergeKey(key: Node): key is ScalarNode {
  return key.shape === 'scalar' && key.text === '<<' && (key.isImplicit || key.tag === MERGE_TAG)
}

/** A scalar's value as JSON has it. */
function readScalar({ value }: Scalar): JsonValue {
  return value
}

/** What tells keys of one text apart: their type, and the value of a float, whose text has 32 bits only. */
function originOf({ form, value }: Scalar): string {
  return form === 'float' ? `float ${value}` : form
}

// As keys, infinities get YAML's names instead of Go's.
const FLOAT_WORDS: ReadonlyMap<string, string> = new Map([
  ['+Inf', '.inf'],
  ['-Inf', '-.inf'],
  ['NaN', '.nan'],
])

/** The string that a key becomes; undefined for those that JSON cannot have. */
export function keyText({ form, value }: Scalar): string | undefined {
  switch (form) {
    case 'string':
      return value
    case 'bool':
    case 'int':
      return String(value)
    case 'float': {
      const text = formatFloat32(value)
      return FLOAT_WORDS.get(text) ?? text
    }
    case 'uint':
    case 'null':
      return undefined
  }
}

/**
 * Upstream: go-yaml's guard. Small documents may stem from aliases up to 99 %, large ones up to 10 %; the share is
 * judged at every value.
 */
class AliasBudget {
  #total = 0
  #aliased = 0

  isExceeded(isAliased: boolean): boolean {
    this.#total++
    if (isAliased) this.#aliased++
    if (this.#aliased <= 100 || this.#total <= 1000) return false
    const excess = Math.min(Math.max((this.#total - 400_000) / 3_600_000, 0), 1)
    return this.#aliased / this.#total > 0.99 - 0.89 * excess
  }
}
