import type { Instant } from './instant.ts'
import type { Version } from './version.ts'

// Go values as templates see them. A value knows its Go type, because printing, comparing and calling depend on it:
//
//   undefined  no value at all (Go's invalid reflect.Value)   │ string   string, one unit per byte (bytes.ts)
//   null       a nil interface, e.g. a JSON null in a map     │ number   float64
//   boolean    bool                                           │ the rest are objects, told apart by `go`

export type IntType =
  | 'int'
  | 'int64'
  | 'uint8'
  | 'uint32'
  | 'uint64'
  | 'time.Month'
  | 'time.Weekday'
  | 'time.Duration'

export interface GoInt {
  readonly go: 'integer'
  readonly type: IntType
  readonly value: bigint
}

export interface GoComplex {
  readonly go: 'complex'
  readonly real: number
  readonly imaginary: number
}

export type SliceType = '[]interface {}' | '[]string' | '[]int' | '[][]interface {}'

/** Only `sortAlpha` changes a slice in place, as Sprig's does. */
export interface GoSlice {
  readonly go: 'slice'
  readonly type: SliceType
  readonly items: GoValue[]
  readonly isNil: boolean
}

export type MapType = 'map[string]interface {}' | 'map[string]string'

/** Keys are byte strings. The map is shared and mutable: `set` changes it for everyone who holds it. */
export interface GoMap {
  readonly go: 'map'
  readonly type: MapType
  readonly entries: Map<string, GoValue>
  readonly isNil: boolean
}

export interface GoTime {
  readonly go: 'time'
  readonly instant: Instant
}

export interface GoVersion {
  readonly go: 'version'
  readonly version: Version
  /** `*semver.Version`; methods that need a pointer are missing on a plain one. */
  readonly isPointer: boolean
}

/** A struct of exported string fields: Sprig's certificate. */
export interface GoStruct {
  readonly go: 'struct'
  readonly type: 'sprig.certificate'
  readonly fields: ReadonlyMap<string, string>
}

export type GoValue =
  | undefined
  | null
  | boolean
  | number
  | string
  | GoInt
  | GoComplex
  | GoSlice
  | GoMap
  | GoTime
  | GoVersion
  | GoStruct

export function integer(value: bigint | number, type: IntType = 'int'): GoInt {
  const wide = typeof value === 'bigint' ? value : BigInt(value)
  return { go: 'integer', type, value: wrap(wide, type) }
}

function wrap(value: bigint, type: IntType): bigint {
  if (type === 'uint8') return BigInt.asUintN(8, value)
  if (type === 'uint32') return BigInt.asUintN(32, value)
  if (type === 'uint64') return BigInt.asUintN(64, value)
  return BigInt.asIntN(64, value)
}

export function list(items: GoValue[]): GoSlice {
  return { go: 'slice', type: '[]interface {}', items, isNil: false }
}

export function strings(items: string[]): GoSlice {
  return { go: 'slice', type: '[]string', items, isNil: false }
}

export function nilSlice(type: SliceType): GoSlice {
  return { go: 'slice', type, items: [], isNil: true }
}

export function dict(entries: Iterable<readonly [string, GoValue]> = []): GoMap {
  return { go: 'map', type: 'map[string]interface {}', entries: new Map(entries), isNil: false }
}

export function stringMap(entries: Iterable<readonly [string, string]>): GoMap {
  return { go: 'map', type: 'map[string]string', entries: new Map(entries), isNil: false }
}

/** Keys in the order of their bytes, as Go prints and ranges over maps. */
export function sortedKeys(map: GoMap): string[] {
  return [...map.entries.keys()].sort(compareStrings)
}

export function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Elements are held in interfaces: a nil among them is null, never undefined. */
export function element(value: GoValue): GoValue {
  return value === undefined ? null : value
}

/** reflect's kind, `invalid` for no value and for nil. */
export function kindOf(value: GoValue): string {
  if (value === undefined || value === null) return 'invalid'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return 'float64'
  if (typeof value === 'string') return 'string'
  switch (value.go) {
    case 'integer':
      return integerKind(value.type)
    case 'complex':
      return 'complex128'
    case 'version':
      return value.isPointer ? 'ptr' : 'struct'
    case 'time':
      return 'struct'
    default:
      return value.go
  }
}

function integerKind(type: IntType): string {
  if (type === 'time.Duration') return 'int64'
  return type.startsWith('time.') ? 'int' : type
}

export function isUnsigned(value: GoInt): boolean {
  return value.type.startsWith('uint')
}

/** Go's name of the dynamic type; `<nil>` for none. */
export function typeOf(value: GoValue): string {
  if (value === undefined || value === null) return '<nil>'
  if (typeof value !== 'object') return kindOf(value)
  switch (value.go) {
    case 'complex':
      return 'complex128'
    case 'time':
      return 'time.Time'
    case 'version':
      return value.isPointer ? '*semver.Version' : 'semver.Version'
    default:
      return value.type
  }
}

/** text/template's truth: zero numbers, empty strings, lists and maps are false, structs are true. */
export function isTrue(value: GoValue): boolean {
  if (value === undefined || value === null) return false
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  if (typeof value === 'string') return value !== ''
  switch (value.go) {
    case 'integer':
      return value.value !== 0n
    case 'complex':
      return value.real !== 0 || value.imaginary !== 0
    case 'slice':
      return value.items.length > 0
    case 'map':
      return value.entries.size > 0
    default:
      return true
  }
}
