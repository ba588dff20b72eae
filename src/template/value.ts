import type { Instant, Zone } from './instant.ts'
import type { Version } from './version.ts'

// Go values as templates see them. A value knows its Go type, because printing, comparing and calling depend on it:
//
//   undefined  no value at all (Go's invalid reflect.Value)   │ string   string, one unit per byte (bytes.ts)
//   null       a nil interface, e.g. a JSON null in a map     │ number   float64
//   boolean    bool                                           │ the rest are objects, told apart by `go`

/** Integer types that functions give or take. `integer` wraps a value to the range of its type. */
export type IntType =
  | 'int'
  | 'int64'
  | 'uint8'
  | 'uint32'
  | 'uint64'
  | 'time.Month'
  | 'time.Weekday'
  | 'time.Duration'

/** An integer with its type: `int` and `int64` are two types to a parameter, one kind to `eq`. */
export interface GoInt {
  readonly go: 'integer'
  readonly type: IntType
  readonly value: bigint
}

/** A complex128; only a literal of a template makes one. */
export interface GoComplex {
  readonly go: 'complex'
  readonly real: number
  readonly imaginary: number
}

/** Element types decide how `%#v` and `typeOf` show a list, not what it may hold. */
export type SliceType = '[]interface {}' | '[]string' | '[]int' | '[][]interface {}'

/** Only `sortAlpha` changes a slice in place, as Sprig's does. */
export interface GoSlice {
  readonly go: 'slice'
  readonly type: SliceType
  readonly items: GoValue[]
  readonly isNil: boolean
}

/** The dot is a map[string]string; everything that Sprig makes is a map[string]interface {}. */
export type MapType = 'map[string]interface {}' | 'map[string]string'

/** Keys are byte strings. The map is shared and mutable: `set` changes it for everyone who holds it. */
export interface GoMap {
  readonly go: 'map'
  readonly type: MapType
  readonly entries: Map<string, GoValue>
  readonly isNil: boolean
}

/** A time.Time, by value. */
export interface GoTime {
  readonly go: 'time'
  readonly instant: Instant
}

/** Where a time is shown. Only `.Location` of a time gives one, so it is a zone of one offset. */
export interface GoLocation {
  readonly go: 'location'
  readonly type: '*time.Location'
  readonly zone: Zone
}

/** A version of Masterminds/semver. */
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

/** Any value within a template. Told apart by `typeof`, then by `go`. */
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
  | GoLocation
  | GoVersion
  | GoStruct

/**
 * An integer of a type, wrapped around at its size as Go's arithmetic does. `value` must be whole.
 */
export function integer(value: bigint | number, type: IntType = 'int'): GoInt {
  const wide = typeof value === 'bigint' ? value : BigInt(value)
  return { go: 'integer', type, value: wrap(wide, type) }
}

/** Go's overflow is defined: it wraps around. */
function wrap(value: bigint, type: IntType): bigint {
  if (type === 'uint8') return BigInt.asUintN(8, value)
  if (type === 'uint32') return BigInt.asUintN(32, value)
  if (type === 'uint64') return BigInt.asUintN(64, value)
  return BigInt.asIntN(64, value)
}

/** A []interface {}. The array is not copied, and belongs to the list from here on. */
export function list(items: GoValue[]): GoSlice {
  return { go: 'slice', type: '[]interface {}', items, isNil: false }
}

/** A []string. The array is not copied; `sortAlpha` will sort it in place. */
export function strings(items: string[]): GoSlice {
  return { go: 'slice', type: '[]string', items, isNil: false }
}

/** A nil list: empty, but `null` in JSON and not equal to an empty one. */
export function nilSlice(type: SliceType): GoSlice {
  return { go: 'slice', type, items: [], isNil: true }
}

/** A map[string]interface {} with its own entries; of equal keys the last wins. */
export function dict(entries: Iterable<readonly [string, GoValue]> = []): GoMap {
  return { go: 'map', type: 'map[string]interface {}', entries: new Map(entries), isNil: false }
}

/** A map[string]string: missing keys index as "" and `hasKey` refuses it by type (R173). */
export function stringMap(entries: Iterable<readonly [string, string]>): GoMap {
  return { go: 'map', type: 'map[string]string', entries: new Map(entries), isNil: false }
}

/** Keys in the order of their bytes, as Go prints and ranges over maps. */
export function sortedKeys(map: GoMap): string[] {
  return [...map.entries.keys()].sort(compareStrings)
}

/** Order of byte strings; code units are bytes here, so this is Go's order and no locale's. */
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
    case 'location':
      return 'ptr'
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

/** Whether `%#v` prints the integer in hexadecimal. */
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
