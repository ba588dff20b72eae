/** Abbreviations by zone and offset in seconds, where V8 has none or another. A data table. */
export const ZONE_NAMES: ReadonlyMap<string, ReadonlyMap<number, string>> = new Map()
