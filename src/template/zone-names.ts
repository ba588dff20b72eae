/**
 * Abbreviations of the tz database where V8 has none or another: abbreviation, offset in seconds, zones. A data table; every
 * other zone agrees with Go.
 */
const ROWS: readonly (readonly [string, number, string])[] = [
  ['HST', -36000, 'America/Adak'],
  ['HDT', -32400, 'America/Adak'],
  ['MST', -25200, 'America/Dawson America/Hermosillo America/Mazatlan America/Whitehorse'],
  ['CST', -18000, 'America/Havana Cuba'],
  ['CDT', -14400, 'America/Havana Cuba'],
  ['-03', -10800, 'America/Miquelon'],
  ['-02', -7200, 'America/Miquelon'],
  ['+08', 28800, 'Antarctica/Casey'],
  ['+00', 0, 'Antarctica/Troll'],
  ['+0530', 19800, 'Asia/Colombo'],
  ['+04', 14400, 'Asia/Dubai Asia/Muscat'],
  ['HKT', 28800, 'Asia/Hong_Kong Hongkong'],
  ['WIB', 25200, 'Asia/Jakarta Asia/Pontianak'],
  ['WIT', 32400, 'Asia/Jayapura'],
  ['IST', 7200, 'Asia/Jerusalem Israel'],
  ['IDT', 10800, 'Asia/Jerusalem Israel'],
  ['PKT', 18000, 'Asia/Karachi'],
  ['CST', 28800, 'Asia/Macau Asia/Shanghai Asia/Taipei PRC'],
  ['WITA', 28800, 'Asia/Makassar'],
  ['PST', 28800, 'Asia/Manila'],
  ['KST', 32400, 'Asia/Pyongyang Asia/Seoul ROK'],
  ['JST', 32400, 'Asia/Tokyo Japan'],
  ['+0845', 31500, 'Australia/Eucla'],
  ['+1030', 37800, 'Australia/Lord_Howe'],
  ['+11', 39600, 'Australia/Lord_Howe'],
  ['IST', 3600, 'Europe/Dublin Eire'],
  ['BST', 3600, 'Europe/Guernsey Europe/Isle_of_Man Europe/Jersey'],
  ['MSK', 10800, 'Europe/Kirov Europe/Moscow Europe/Simferopol Europe/Volgograd'],
  ['+1245', 45900, 'Pacific/Chatham'],
  ['+1345', 49500, 'Pacific/Chatham'],
  ['ChST', 36000, 'Pacific/Guam Pacific/Saipan'],
  ['SST', -39600, 'Pacific/Midway Pacific/Pago_Pago'],
  ['GMT', 0, 'GMT Etc/GMT'],
]

/** By zone, then by offset in seconds. */
export const ZONE_NAMES: ReadonlyMap<string, ReadonlyMap<number, string>> = byZone()

/** Built when the module is loaded: a few dozen rows. */
function byZone(): ReadonlyMap<string, ReadonlyMap<number, string>> {
  const names = new Map<string, Map<number, string>>()
  for (const [abbreviation, offsetSeconds, zones] of ROWS) {
    for (const zone of zones.split(' ')) {
      const known = names.get(zone) ?? new Map<number, string>()
      names.set(zone, known.set(offsetSeconds, abbreviation))
    }
  }
  return names
}
