/**
 * Abbreviations of the tz database where V8 has none or another: abbreviation, offset in seconds, zones. A data table. Where
 * an offset of a zone had several names it holds the last one; EARLIER has the others since 1970, and none is told apart before.
 */
const ROWS: readonly (readonly [string, number, string])[] = [
  [
    'GMT',
    0,
    'Africa/Abidjan Africa/Accra Africa/Bamako Africa/Banjul Africa/Conakry Africa/Dakar Africa/Freetown Africa/Lagos Africa/Nouakchott Africa/Sao_Tome Africa/Timbuktu Atlantic/St_Helena Eire Etc/GMT Etc/GMT+0 Etc/GMT-0 Etc/GMT0 Etc/Greenwich Europe/Belfast Europe/Bratislava Europe/Dublin Europe/Gibraltar Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/London Europe/Prague GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich Iceland',
  ],
  [
    'WET',
    0,
    'Africa/Algiers Africa/Ceuta Atlantic/Canary Atlantic/Faeroe Atlantic/Faroe Europe/Andorra Europe/Brussels Europe/Lisbon Europe/Luxembourg Europe/Madrid Europe/Monaco Europe/Paris Portugal',
  ],
  ['PMT', 561, 'Africa/Algiers Africa/Tunis Europe/Monaco'],
  [
    'CEST',
    7200,
    'Africa/Algiers Africa/Tunis Arctic/Longyearbyen Atlantic/Jan_Mayen CET Europe/Amsterdam Europe/Belgrade Europe/Berlin Europe/Bratislava Europe/Brussels Europe/Budapest Europe/Busingen Europe/Copenhagen Europe/Ljubljana Europe/Malta Europe/Oslo Europe/Podgorica Europe/Prague Europe/Rome Europe/San_Marino Europe/Sarajevo Europe/Skopje Europe/Stockholm Europe/Tirane Europe/Vaduz Europe/Vatican Europe/Vienna Europe/Zagreb Europe/Zurich',
  ],
  [
    'EAT',
    10800,
    'Africa/Asmera Africa/Dar_es_Salaam Africa/Kampala Africa/Mogadishu Africa/Nairobi Indian/Antananarivo',
  ],
  [
    'CAT',
    7200,
    'Africa/Blantyre Africa/Gaborone Africa/Juba Africa/Khartoum Africa/Kigali Africa/Lubumbashi Africa/Maputo Africa/Windhoek',
  ],
  [
    'EET',
    7200,
    'Africa/Cairo Asia/Amman Asia/Beirut Asia/Damascus Asia/Famagusta Asia/Istanbul Asia/Nicosia Egypt Europe/Bucharest Europe/Helsinki Europe/Istanbul Europe/Mariehamn Europe/Moscow Europe/Nicosia Turkey W-SU',
  ],
  [
    'EEST',
    10800,
    'Africa/Cairo Asia/Beirut Egypt Europe/Athens Europe/Bucharest Europe/Helsinki Europe/Mariehamn Europe/Warsaw Poland',
  ],
  ['+00', 0, 'Africa/Casablanca Africa/El_Aaiun Antarctica/Troll'],
  ['+01', 3600, 'Africa/Casablanca Africa/El_Aaiun'],
  ['SAST', 5400, 'Africa/Johannesburg'],
  ['SAST', 7200, 'Africa/Johannesburg Africa/Maseru'],
  ['SAST', 10800, 'Africa/Johannesburg Africa/Maseru Africa/Windhoek'],
  ['WAT', 3600, 'Africa/Lagos Africa/Malabo Africa/Ndjamena Africa/Niamey Africa/Porto-Novo'],
  ['MMT', -2670, 'Africa/Monrovia'],
  [
    'CET',
    3600,
    'Africa/Tripoli Africa/Tunis Arctic/Longyearbyen Atlantic/Jan_Mayen CET Europe/Amsterdam Europe/Andorra Europe/Athens Europe/Belgrade Europe/Berlin Europe/Bratislava Europe/Budapest Europe/Busingen Europe/Chisinau Europe/Copenhagen Europe/Kaliningrad Europe/Kiev Europe/Kyiv Europe/Ljubljana Europe/Malta Europe/Minsk Europe/Oslo Europe/Podgorica Europe/Prague Europe/Riga Europe/Rome Europe/San_Marino Europe/Sarajevo Europe/Simferopol Europe/Skopje Europe/Sofia Europe/Stockholm Europe/Tallinn Europe/Tirane Europe/Tiraspol Europe/Uzhgorod Europe/Vaduz Europe/Vatican Europe/Vienna Europe/Vilnius Europe/Warsaw Europe/Zagreb Europe/Zaporozhye Europe/Zurich Libya Poland',
  ],
  ['BST', -39600, 'America/Adak America/Atka America/Nome US/Aleutian'],
  [
    'HST',
    -36000,
    'America/Adak America/Atka Pacific/Honolulu Pacific/Johnston US/Aleutian US/Hawaii',
  ],
  ['HDT', -32400, 'America/Adak America/Atka US/Aleutian'],
  ['AHST', -36000, 'America/Anchorage US/Alaska'],
  [
    'AST',
    -14400,
    'America/Anguilla America/Antigua America/Aruba America/Barbados America/Blanc-Sablon America/Curacao America/Dominica America/Glace_Bay America/Goose_Bay America/Grenada America/Guadeloupe America/Halifax America/Kralendijk America/Lower_Princes America/Marigot America/Martinique America/Miquelon America/Moncton America/Montserrat America/Port_of_Spain America/Puerto_Rico America/St_Barthelemy America/St_Kitts America/St_Lucia America/St_Thomas America/St_Vincent America/Thule America/Tortola America/Virgin Atlantic/Bermuda Canada/Atlantic',
  ],
  [
    'CMT',
    -15408,
    'America/Argentina/Buenos_Aires America/Argentina/Catamarca America/Argentina/ComodRivadavia America/Argentina/Jujuy America/Argentina/La_Rioja America/Argentina/Mendoza America/Argentina/Rio_Gallegos America/Argentina/Salta America/Argentina/San_Juan America/Argentina/San_Luis America/Argentina/Tucuman America/Argentina/Ushuaia America/Buenos_Aires America/Catamarca America/Jujuy America/Mendoza',
  ],
  [
    'MST',
    -25200,
    'America/Bahia_Banderas America/Cambridge_Bay America/Chihuahua America/Ciudad_Juarez America/Creston America/Dawson America/Denver America/Edmonton America/Hermosillo America/Mazatlan America/Mexico_City America/Monterrey America/North_Dakota/Beulah America/North_Dakota/Center America/North_Dakota/New_Salem America/Ojinaga America/Phoenix America/Regina America/Shiprock America/Swift_Current America/Whitehorse America/Yellowknife Canada/Mountain Canada/Saskatchewan Canada/Yukon MST7MDT Mexico/BajaSur Mexico/General Navajo US/Arizona US/Mountain',
  ],
  ['ADT', -10800, 'America/Barbados America/Goose_Bay Atlantic/Bermuda'],
  [
    'CST',
    -21600,
    'America/Belize America/Cancun America/Chicago America/Costa_Rica America/Detroit America/El_Salvador America/Fort_Wayne America/Guatemala America/Indiana/Indianapolis America/Indiana/Knox America/Indiana/Marengo America/Indiana/Petersburg America/Indiana/Tell_City America/Indiana/Vevay America/Indiana/Vincennes America/Indiana/Winamac America/Indianapolis America/Kentucky/Louisville America/Kentucky/Monticello America/Knox_IN America/Louisville America/Managua America/Matamoros America/Menominee America/Merida America/Rainy_River America/Rankin_Inlet America/Resolute America/Tegucigalpa America/Winnipeg CST6CDT Canada/Central US/Central US/East-Indiana US/Indiana-Starke US/Michigan',
  ],
  [
    'PST',
    -28800,
    'America/Boise America/Dawson_Creek America/Ensenada America/Fort_Nelson America/Inuvik America/Los_Angeles America/Santa_Isabel America/Tijuana America/Vancouver Canada/Pacific Mexico/BajaNorte PST8PDT US/Pacific',
  ],
  [
    '-00',
    0,
    'America/Cambridge_Bay America/Inuvik America/Iqaluit America/Pangnirtung America/Rankin_Inlet America/Resolute Antarctica/Casey Antarctica/Davis Antarctica/Macquarie Antarctica/Mawson Antarctica/Palmer Antarctica/Rothera Antarctica/Vostok Pacific/Enderbury Pacific/Kanton',
  ],
  ['CMT', -16060, 'America/Caracas'],
  [
    'EST',
    -18000,
    'America/Cayman America/Coral_Harbour America/Detroit America/Grand_Turk America/Jamaica America/Moncton America/Montreal America/Nassau America/New_York America/Nipigon America/Panama America/Port-au-Prince America/Santo_Domingo America/Thunder_Bay America/Toronto Canada/Eastern EST5EDT Jamaica US/Eastern US/Michigan',
  ],
  ['MDT', -21600, 'America/Ciudad_Juarez America/Hermosillo America/Mazatlan Mexico/BajaSur'],
  ['CMT', -19176, 'America/Coral_Harbour America/Panama'],
  ['SMT', -16965, 'America/Coyhaique America/Punta_Arenas'],
  ['YST', -32400, 'America/Dawson America/Whitehorse Canada/Yukon'],
  [
    'EDT',
    -14400,
    'America/Fort_Wayne America/Indiana/Indianapolis America/Indiana/Marengo America/Indiana/Tell_City America/Indiana/Vevay America/Indiana/Vincennes America/Indiana/Winamac America/Indianapolis America/Kentucky/Louisville America/Louisville US/East-Indiana',
  ],
  ['NST', -12652, 'America/Goose_Bay'],
  ['NST', -12600, 'America/Goose_Bay America/St_Johns Canada/Newfoundland'],
  ['NDT', -9052, 'America/Goose_Bay America/St_Johns Canada/Newfoundland'],
  ['ADDT', -7200, 'America/Goose_Bay'],
  ['KMT', -18430, 'America/Grand_Turk'],
  ['QMT', -18840, 'America/Guayaquil'],
  ['HMT', -19776, 'America/Havana Cuba'],
  ['CST', -18000, 'America/Havana Cuba'],
  ['CDT', -14400, 'America/Havana Cuba'],
  ['BST', -12756, 'America/La_Paz'],
  ['MMT', -20712, 'America/Managua'],
  ['-03', -10800, 'America/Miquelon'],
  ['-02', -7200, 'America/Miquelon'],
  ['BDT', -36000, 'America/Nome'],
  ['PMT', -13252, 'America/Paramaribo'],
  ['PMT', -13236, 'America/Paramaribo'],
  ['PPMT', -17340, 'America/Port-au-Prince'],
  ['SDMT', -16800, 'America/Santo_Domingo'],
  ['NDDT', -5400, 'America/St_Johns Canada/Newfoundland'],
  ['+08', 28800, 'Antarctica/Casey'],
  [
    'AEST',
    36000,
    'Antarctica/Macquarie Australia/ACT Australia/Brisbane Australia/Broken_Hill Australia/Canberra Australia/Currie Australia/Hobart Australia/LHI Australia/Lindeman Australia/Lord_Howe Australia/Melbourne Australia/NSW Australia/Queensland Australia/Sydney Australia/Tasmania Australia/Victoria Australia/Yancowinna',
  ],
  [
    'AEDT',
    39600,
    'Antarctica/Macquarie Australia/ACT Australia/Brisbane Australia/Canberra Australia/Currie Australia/Hobart Australia/Lindeman Australia/Melbourne Australia/NSW Australia/Queensland Australia/Sydney Australia/Tasmania Australia/Victoria',
  ],
  ['NZST', 43200, 'Antarctica/McMurdo Antarctica/South_Pole NZ Pacific/Auckland'],
  ['NZMT', 41400, 'Antarctica/South_Pole NZ Pacific/Auckland'],
  ['NZST', 45000, 'Antarctica/South_Pole NZ Pacific/Auckland'],
  ['CEMT', 10800, 'Arctic/Longyearbyen Atlantic/Jan_Mayen Europe/Berlin'],
  ['BMT', 10656, 'Asia/Baghdad'],
  ['MMT', 19270, 'Asia/Calcutta Asia/Kolkata'],
  ['IST', 19800, 'Asia/Calcutta Asia/Kolkata'],
  ['HMT', 21200, 'Asia/Calcutta Asia/Dacca Asia/Dhaka Asia/Kolkata'],
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
  ['MMT', 19172, 'Asia/Colombo'],
  ['+0530', 19800, 'Asia/Colombo'],
  ['+04', 14400, 'Asia/Dubai Asia/Muscat'],
  ['HKT', 28800, 'Asia/Hong_Kong Hongkong'],
  ['HKWT', 30600, 'Asia/Hong_Kong Hongkong'],
  ['HKST', 32400, 'Asia/Hong_Kong Hongkong'],
  ['IMT', 7016, 'Asia/Istanbul Europe/Istanbul Europe/Sofia Turkey'],
  ['WIB', 25200, 'Asia/Jakarta Asia/Pontianak'],
  ['WIT', 32400, 'Asia/Jayapura'],
  ['IST', 7200, 'Asia/Jerusalem Asia/Tel_Aviv Israel'],
  ['JMT', 8440, 'Asia/Jerusalem Asia/Tel_Aviv Israel'],
  ['IDT', 10800, 'Asia/Jerusalem Asia/Tel_Aviv Israel'],
  ['IDDT', 14400, 'Asia/Jerusalem Asia/Tel_Aviv Israel'],
  ['PKT', 18000, 'Asia/Karachi'],
  ['PKST', 21600, 'Asia/Karachi'],
  ['SMT', 24925, 'Asia/Kuala_Lumpur'],
  ['WITA', 28800, 'Asia/Makassar'],
  ['PST', 28800, 'Asia/Manila'],
  ['PDT', 32400, 'Asia/Manila'],
  ['KST', 30600, 'Asia/Pyongyang Asia/Seoul ROK'],
  ['KST', 32400, 'Asia/Pyongyang Asia/Seoul ROK'],
  ['KDT', 34200, 'Asia/Seoul ROK'],
  ['KDT', 36000, 'Asia/Seoul ROK'],
  ['JST', 32400, 'Asia/Tokyo Japan'],
  ['JDT', 36000, 'Asia/Tokyo Japan'],
  ['PMT', 13505, 'Asia/Yekaterinburg'],
  ['HMT', -6872, 'Atlantic/Azores'],
  ['BST', -11958, 'Atlantic/Bermuda'],
  [
    'ACST',
    32400,
    'Australia/Adelaide Australia/Broken_Hill Australia/Darwin Australia/North Australia/South Australia/Yancowinna',
  ],
  [
    'ACST',
    34200,
    'Australia/Adelaide Australia/Broken_Hill Australia/Darwin Australia/North Australia/South Australia/Yancowinna',
  ],
  [
    'ACDT',
    37800,
    'Australia/Adelaide Australia/Broken_Hill Australia/Darwin Australia/North Australia/South Australia/Yancowinna',
  ],
  ['+0845', 31500, 'Australia/Eucla'],
  ['+0945', 35100, 'Australia/Eucla'],
  ['+1030', 37800, 'Australia/LHI Australia/Lord_Howe'],
  ['+11', 39600, 'Australia/LHI Australia/Lord_Howe'],
  ['+1130', 41400, 'Australia/LHI Australia/Lord_Howe'],
  ['AWST', 28800, 'Australia/Perth Australia/West'],
  ['AWDT', 32400, 'Australia/Perth Australia/West'],
  ['IST', 2079, 'Eire Europe/Dublin'],
  ['IST', 3600, 'Eire Europe/Dublin'],
  [
    'BST',
    3600,
    'Europe/Belfast Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/London GB GB-Eire',
  ],
  ['BDST', 7200, 'Europe/Belfast Europe/Isle_of_Man Europe/London GB GB-Eire'],
  ['BMT', 1786, 'Europe/Busingen Europe/Zurich'],
  ['BMT', 6264, 'Europe/Chisinau Europe/Tiraspol'],
  ['CMT', 6900, 'Europe/Chisinau Europe/Tiraspol'],
  [
    'MSD',
    14400,
    'Europe/Chisinau Europe/Kaliningrad Europe/Kiev Europe/Kyiv Europe/Minsk Europe/Riga Europe/Tallinn Europe/Tiraspol Europe/Uzhgorod Europe/Vilnius Europe/Zaporozhye',
  ],
  ['MSK', 10800, 'Europe/Kirov Europe/Moscow Europe/Simferopol Europe/Volgograd W-SU'],
  ['MSK', 14400, 'Europe/Kirov Europe/Moscow Europe/Simferopol W-SU'],
  ['MMT', 6600, 'Europe/Minsk'],
  ['MMT', 9079, 'Europe/Moscow W-SU'],
  ['MST', 12679, 'Europe/Moscow W-SU'],
  ['MDST', 16279, 'Europe/Moscow W-SU'],
  ['LST', 9394, 'Europe/Riga'],
  ['+03', 10800, 'Europe/Samara'],
  ['SMT', 8160, 'Europe/Simferopol'],
  ['WMT', 5040, 'Europe/Vilnius'],
  ['KMT', 5736, 'Europe/Vilnius'],
  ['MET', 3600, 'MET'],
  ['MEST', 7200, 'MET'],
  ['+1245', 45900, 'NZ-CHAT Pacific/Chatham'],
  ['+1345', 49500, 'NZ-CHAT Pacific/Chatham'],
  ['PMMT', 35312, 'Pacific/Bougainville Pacific/Port_Moresby Pacific/Truk Pacific/Yap'],
  ['ChST', 36000, 'Pacific/Guam Pacific/Saipan'],
  ['GDT', 39600, 'Pacific/Guam Pacific/Saipan'],
  ['HST', -37800, 'Pacific/Honolulu Pacific/Johnston US/Hawaii'],
  ['SST', -39600, 'Pacific/Midway Pacific/Pago_Pago Pacific/Samoa US/Samoa'],
]

/** Names that an offset had for a time: abbreviation, offset, the first second and the first one after, zones. */
const EARLIER: readonly (readonly [string, number, number, number, string])[] = [
  ['+04', 14400, 0, 606866400, 'Europe/Kirov'],
  ['+04', 14400, 0, Number.POSITIVE_INFINITY, 'Asia/Bahrain Asia/Qatar'],
  ['+04', 14400, 670374000, 701820000, 'Europe/Kirov'],
  ['+05', 18000, 0, 38775600, 'Asia/Karachi'],
  ['+0530', 19800, 0, Number.POSITIVE_INFINITY, 'Asia/Thimphu'],
  ['-00', 0, 0, 1108166400, 'Antarctica/Troll'],
  ['AHDT', -32400, 9979200, 436359600, 'America/Anchorage US/Alaska'],
  ['AHST', -36000, 436363200, 439034400, 'America/Adak America/Atka US/Aleutian'],
  ['BDT', -36000, 9982800, 436363200, 'America/Adak America/Atka US/Aleutian'],
  ['CAST', 10800, 10360800, 947930400, 'Africa/Juba Africa/Khartoum'],
  ['CST', -21600, 0, 891766800, 'America/Ciudad_Juarez'],
  ['CST', -21600, 1667116800, 1678611600, 'America/Ciudad_Juarez'],
  ['EEST', 10800, 670374000, 695779200, 'Europe/Moscow'],
  ['EEST', 10800, 701827200, 780447600, 'Europe/Simferopol'],
  ['EEST', 10800, 859683600, 1414274400, 'Europe/Simferopol'],
  ['GMT', 0, 63593070, Number.POSITIVE_INFINITY, 'Africa/Monrovia'],
  ['GST', 36000, 0, 977493600, 'Pacific/Guam Pacific/Saipan'],
  ['IDT', 10800, 142380000, 828655200, 'Asia/Gaza Asia/Hebron'],
  ['IST', 7200, 0, 820447200, 'Asia/Gaza Asia/Hebron'],
  ['MDT', -21600, 891766800, 1667116800, 'America/Chihuahua'],
  ['MSD', 14400, 354920400, 1301180400, 'Europe/Moscow'],
  ['MSD', 14400, 354920400, 1396137600, 'Europe/Simferopol'],
  ['MSD', 14400, 575416800, 670374000, 'Europe/Volgograd'],
  ['MSD', 14400, 606866400, 670374000, 'Europe/Kirov'],
  ['MSD', 14400, 701820000, 1301180400, 'Europe/Kirov Europe/Volgograd'],
  ['MSK', 10800, 0, 606870000, 'Europe/Kaliningrad Europe/Riga Europe/Tallinn Europe/Vilnius'],
  ['MSK', 10800, 0, 641944800, 'Europe/Chisinau Europe/Tiraspol'],
  ['MSK', 10800, 0, 646783200, 'Europe/Kiev Europe/Kyiv Europe/Uzhgorod Europe/Zaporozhye'],
  ['MSK', 10800, 0, 670374000, 'Europe/Minsk'],
  ['MSK', 14400, 1301180400, 1540681200, 'Europe/Volgograd'],
  ['PDT', -25200, 325677600, 1604214000, 'America/Dawson America/Whitehorse Canada/Yukon'],
  ['SAST', 7200, 0, 637970400, 'Africa/Windhoek'],
  ['WITA', 28800, 0, Number.POSITIVE_INFINITY, 'Asia/Pontianak'],
  ['YDT', -28800, 325677600, 341402400, 'America/Juneau'],
  ['YDT', -28800, 9975600, 452084400, 'America/Yakutat'],
  ['YST', -32400, 0, 439030800, 'America/Yakutat'],
  ['YST', -32400, 436352400, 439030800, 'America/Juneau America/Sitka'],
  ['YST', -32400, 436359600, 439030800, 'America/Anchorage US/Alaska'],
  ['YST', -32400, 436363200, 439030800, 'America/Nome'],
]

/** What a zone's clocks said at an offset and a moment; undefined where V8 knows it. */
export function zoneName(zone: string, offsetSeconds: number, seconds: number): string | undefined {
  const earlier = earlierNames
    .get(zone)
    ?.find(
      ([, offset, from, until]) => offset === offsetSeconds && seconds >= from && seconds < until,
    )
  return earlier?.[0] ?? names.get(zone)?.get(offsetSeconds)
}

const earlierNames = new Map<string, (typeof EARLIER)[number][]>()
for (const row of EARLIER) {
  for (const zone of row[4].split(' ')) {
    earlierNames.set(zone, [...(earlierNames.get(zone) ?? []), row])
  }
}

/** By zone, then by offset in seconds. */
const names: ReadonlyMap<string, ReadonlyMap<number, string>> = byZone()

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
