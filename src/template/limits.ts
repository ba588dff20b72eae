// Trust: a template is written by whoever may write an ExternalSecret, and runs beside those of other teams. Every bound is
// checked before the memory is taken.

/** Nodes executed and functions called by one rendering. */
export const STEPS_MAX = 200_000
/** The same, of all renderings for one object: its templates and the rewrites of its keys. */
export const STEPS_TOGETHER_MAX = 3 * STEPS_MAX
/** New RSA and DSA keys for one object: each takes a second or more, and nothing can end it. */
export const SLOW_KEYS_MAX = 2
/** What one template may render, and any string or text form on the way. */
export const TEXT_BYTES_MAX = 1 << 20
/** `template` actions within each other. */
export const TEMPLATE_DEPTH_MAX = 50
/** Lists and dicts within each other, in JSON, YAML and text forms: also what ends a dict that holds itself. */
export const VALUE_DEPTH_MAX = 1_000
/** Items of one list. */
export const ITEMS_MAX = 200_000
/** Blocks and parentheses within each other in a template's text. */
export const PARSE_DEPTH_MAX = 1_000
/** Values that one call of a function may look at, each counted as often as there are ways to it. */
export const NODES_MAX = 500_000
