// Maps of maps that hold nothing for what is gone: a controller sees more names in a month than there ever are at once.

/** Sets an entry of the inner map, which is made where there is none. */
export function putInto<T>(
  maps: Map<string, Map<string, T>>,
  outer: string,
  [inner, value]: readonly [string, T],
): void {
  const map = maps.get(outer) ?? new Map<string, T>()
  maps.set(outer, map.set(inner, value))
}

/** Deletes an entry of the inner map, and the inner map with its last one. */
export function dropFrom<T>(maps: Map<string, Map<string, T>>, outer: string, inner: string): void {
  const map = maps.get(outer)
  map?.delete(inner)
  if (map?.size === 0) maps.delete(outer)
}
