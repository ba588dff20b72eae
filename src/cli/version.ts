/** The version of the bundle; `0.0.0-source` when run from compiled sources. */
export const VERSION: string = process.env['WAYBILL_VERSION'] ?? '0.0.0-source'
