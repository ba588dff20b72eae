/**
 * Abbreviations of the tz database where V8 has none or another: abbreviation, offset in seconds, zones. A data table. Where
 * an offset had several names since 1970 it holds the last one; names of older standard times are not told apart.
 */
const ROWS: readonly (readonly [string, number, string])[] = [
  ['+00', 0, 'Africa/Casablanca Africa/El_Aaiun Antarctica/Troll'],
  ['+01', 3600, 'Africa/Casablanca Africa/El_Aaiun'],
  ['CAT', 7200, 'Africa/Windhoek'],
  ['BST', -39600, 'America/Adak America/Atka America/Nome US/Aleutian'],
  ['HST', -36000, 'America/Adak America/Atka US/Aleutian'],
  ['HDT', -32400, 'America/Adak America/Atka US/Aleutian'],
  ['AHST', -36000, 'America/Anchorage US/Alaska'],
  [
    'MST',
    -25200,
    'America/Chihuahua America/Ciudad_Juarez America/Dawson America/Hermosillo America/Mazatlan America/Whitehorse Canada/Yukon Mexico/BajaSur',
  ],
  ['MDT', -21600, 'America/Ciudad_Juarez America/Hermosillo America/Mazatlan Mexico/BajaSur'],
  ['ADDT', -7200, 'America/Goose_Bay'],
  ['CST', -18000, 'America/Havana Cuba'],
  ['CDT', -14400, 'America/Havana Cuba'],
  ['-03', -10800, 'America/Miquelon'],
  ['-02', -7200, 'America/Miquelon'],
  ['BDT', -36000, 'America/Nome'],
  ['EST', -18000, 'America/Santo_Domingo'],
  ['NDDT', -5400, 'America/St_Johns Canada/Newfoundland'],
  ['+08', 28800, 'Antarctica/Casey'],
  ['-00', 0, 'Antarctica/Vostok'],
  [
    'CST',
    28800,
    'Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Macao Asia/Macau Asia/Shanghai Asia/Taipei PRC ROC',
  ],
  [
    'CDT',
    32400,
    'Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Macao Asia/Macau Asia/Shanghai Asia/Taipei PRC ROC',
  ],
  ['+0530', 19800, 'Asia/Colombo'],
  ['+04', 14400, 'Asia/Dubai Asia/Muscat'],
  ['HKT', 28800, 'Asia/Hong_Kong Hongkong'],
  ['HKST', 32400, 'Asia/Hong_Kong Hongkong'],
  ['WIB', 25200, 'Asia/Jakarta Asia/Pontianak'],
  ['WIT', 32400, 'Asia/Jayapura'],
  ['IST', 7200, 'Asia/Jerusalem Asia/Tel_Aviv Israel'],
  ['IDT', 10800, 'Asia/Jerusalem Asia/Tel_Aviv Israel'],
  ['PKT', 18000, 'Asia/Karachi'],
  ['PKST', 21600, 'Asia/Karachi'],
  ['WITA', 28800, 'Asia/Makassar'],
  ['PST', 28800, 'Asia/Manila'],
  ['PDT', 32400, 'Asia/Manila'],
  ['KST', 30600, 'Asia/Pyongyang'],
  ['KST', 32400, 'Asia/Pyongyang Asia/Seoul ROK'],
  ['KDT', 36000, 'Asia/Seoul ROK'],
  ['JST', 32400, 'Asia/Tokyo Japan'],
  ['+0845', 31500, 'Australia/Eucla'],
  ['+0945', 35100, 'Australia/Eucla'],
  ['+1030', 37800, 'Australia/LHI Australia/Lord_Howe'],
  ['+11', 39600, 'Australia/LHI Australia/Lord_Howe'],
  ['+1130', 41400, 'Australia/LHI Australia/Lord_Howe'],
  ['IST', 3600, 'Eire Europe/Dublin'],
  ['GMT', 0, 'Etc/GMT GMT'],
  [
    'MSD',
    14400,
    'Europe/Chisinau Europe/Kaliningrad Europe/Kiev Europe/Kyiv Europe/Minsk Europe/Riga Europe/Tallinn Europe/Tiraspol Europe/Uzhgorod Europe/Vilnius Europe/Zaporozhye',
  ],
  ['BST', 3600, 'Europe/Guernsey Europe/Isle_of_Man Europe/Jersey'],
  ['MSK', 10800, 'Europe/Kirov Europe/Moscow Europe/Simferopol Europe/Volgograd W-SU'],
  ['MSK', 14400, 'Europe/Kirov Europe/Moscow Europe/Simferopol W-SU'],
  ['+03', 10800, 'Europe/Samara'],
  ['MET', 3600, 'MET'],
  ['MEST', 7200, 'MET'],
  ['+1245', 45900, 'NZ-CHAT Pacific/Chatham'],
  ['+1345', 49500, 'NZ-CHAT Pacific/Chatham'],
  ['ChST', 36000, 'Pacific/Guam Pacific/Saipan'],
  ['GDT', 39600, 'Pacific/Guam Pacific/Saipan'],
  ['SST', -39600, 'Pacific/Midway Pacific/Pago_Pago'],
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
