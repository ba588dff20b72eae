// Table: names that Go's regexp knows in \p{…} (Unicode 15.0), in its canonical spelling: first letter upper case, the rest
// lower, no blanks, hyphens or underscores. Go compares canonical names with table keys that have underscores, so
// scripts of several words (Old_Italic) are unknown to it, and so they are here.

const CATEGORIES =
  'C Cc Cf Cn Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs'

const SCRIPTS =
  'Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi ' +
  'Braille Buginese Buhid Carian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform ' +
  'Cypriot Cyrillic Deseret Devanagari Dogra Duployan Elbasan Elymaic Ethiopic Georgian ' +
  'Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo Hatran Hebrew ' +
  'Hiragana Inherited Javanese Kaithi Kannada Katakana Kawi Kharoshthi Khmer Khojki Khudawadi ' +
  'Lao Latin Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean ' +
  'Marchen Medefaidrin Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari Newa Nko ' +
  'Nushu Ogham Oriya Osage Osmanya Palmyrene Phoenician Rejang Runic Samaritan Saurashtra ' +
  'Sharada Shavian Siddham Sinhala Sogdian Soyombo Sundanese Syriac Tagalog Tagbanwa Takri ' +
  'Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi ' +
  'Wancho Yezidi Yi '

const ALIASES =
  'Casedletter=LC Closepunctuation=Pe Cntrl=Cc Combiningmark=M Connectorpunctuation=Pc ' +
  'Control=Cc Currencysymbol=Sc Dashpunctuation=Pd Decimalnumber=Nd Digit=Nd Enclosingmark=Me ' +
  'Finalpunctuation=Pf Format=Cf Initialpunctuation=Pi Letter=L Letternumber=Nl ' +
  'Lineseparator=Zl Lowercaseletter=Ll Mark=M Mathsymbol=Sm Modifierletter=Lm ' +
  'Modifiersymbol=Sk Nonspacingmark=Mn Number=N Openpunctuation=Ps Other=C Otherletter=Lo ' +
  'Othernumber=No Otherpunctuation=Po Othersymbol=So Paragraphseparator=Zp Privateuse=Co ' +
  'Punct=P Punctuation=P Separator=Z Spaceseparator=Zs Spacingmark=Mc Surrogate=Cs Symbol=S ' +
  'Titlecaseletter=Lt Unassigned=Cn Uppercaseletter=Lu '

/** Built once: canonical names, aliases resolved. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ...[...CATEGORIES.split(' '), ...SCRIPTS.trim().split(' '), 'Any', 'Assigned'].map(
    (name): [string, string] => [name, name],
  ),
  ...ALIASES.trim()
    .split(' ')
    .map((pair): [string, string] => [
      pair.slice(0, pair.indexOf('=')),
      pair.slice(pair.indexOf('=') + 1),
    ]),
  ['Ascii', 'Ascii'],
  ['Lc', 'LC'],
])

/** The table that Go means by a name in `\p{name}`; undefined when it knows none. */
export function unicodeClassName(name: string): string | undefined {
  const plain = name.replaceAll(/[-_ ]/g, '')
  // Upper-casing must not turn a foreign letter into one of ours, as it would do with U+017F.
  if (!/^[A-Za-z]+$/.test(plain)) return undefined
  return NAMES.get(plain.slice(0, 1).toUpperCase() + plain.slice(1).toLowerCase())
}
