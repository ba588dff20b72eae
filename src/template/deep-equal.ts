import { equalInstants, equalZones } from './instant.ts'
import { type GoMap, type GoSlice, type GoValue, typeOf } from './value.ts'
import { visit } from './work.ts'

/** reflect.DeepEqual: types count, an int is not an int64, NaN is nothing's equal, nil lists are not empty lists. */
export function deepEqual(a: GoValue, b: GoValue, depth = 0): boolean {
  visit(depth)
  if (typeOf(a) !== typeOf(b)) return false
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return a === b || (a ?? null) === (b ?? null)
  }
  if (a.go === 'slice' && b.go === 'slice') return equalSlices(a, b, depth)
  if (a.go === 'map' && b.go === 'map') return equalMaps(a, b, depth)
  return equalLeaves(a, b)
}

/** Values without others inside; functions, channels and pointers do not occur in templates. */
function equalLeaves(a: GoValue & object, b: GoValue & object): boolean {
  if (a.go === 'integer' && b.go === 'integer') return a.value === b.value
  if (a.go === 'time' && b.go === 'time') return equalInstants(a.instant, b.instant)
  if (a.go === 'location' && b.go === 'location') return equalZones(a.zone, b.zone)
  if (a.go === 'struct' && b.go === 'struct') return equalFields(a.fields, b.fields)
  if (a.go === 'version' && b.go === 'version') {
    return Object.values(a.version).join() === Object.values(b.version).join()
  }
  return (
    a.go === 'complex' && b.go === 'complex' && a.real === b.real && a.imaginary === b.imaginary
  )
}

function equalFields(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return [...a].every(([name, value]) => b.get(name) === value)
}

function equalSlices(a: GoSlice, b: GoSlice, depth: number): boolean {
  if (a.isNil !== b.isNil || a.items.length !== b.items.length) return false
  return a.items.every((item, index) => deepEqual(item, b.items[index], depth + 1))
}

function equalMaps(a: GoMap, b: GoMap, depth: number): boolean {
  if (a.isNil !== b.isNil || a.entries.size !== b.entries.size) return false
  return [...a.entries].every(
    ([key, value]) => b.entries.has(key) && deepEqual(value, b.entries.get(key), depth + 1),
  )
}
