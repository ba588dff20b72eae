import { FunctionError, fail } from '../failure.ts'
import { type Functions, fixed } from '../function.ts'
import { readJson } from '../json-reader.ts'
import { type JsonForm, writeJson } from '../json-writer.ts'
import type { GoValue } from '../value.ts'

// JSON both ways. The plain functions give nothing where the `must` ones fail.

const COMPACT: JsonForm = { isRaw: false, indent: '' }
const PRETTY: JsonForm = { isRaw: false, indent: '  ' }
const RAW: JsonForm = { isRaw: true, indent: '' }

/** The message says nothing of the text: JSON errors quote it. */
function mustRead(text: string): GoValue {
  const { value, hasError } = readJson(text)
  return hasError ? fail('the text is not JSON') : value
}

/** Empty where there is no JSON form. */
function writeOrNothing(value: GoValue, form: JsonForm): string {
  try {
    return writeJson(value, form)
  } catch (error) {
    if (error instanceof FunctionError && error.message.startsWith('no JSON')) return ''
    throw error
  }
}

/** R167 and R168. `fromJson` of a bad text is nil; `toRawJson` fails like its `must` twin. */
export const jsonFunctions: Functions = {
  fromJson: fixed(['string'], (text) => readJson(text).value),
  mustFromJson: fixed(['string'], mustRead),
  toJson: fixed(['any'], (value) => writeOrNothing(value, COMPACT)),
  mustToJson: fixed(['any'], (value) => writeJson(value, COMPACT)),
  toPrettyJson: fixed(['any'], (value) => writeOrNothing(value, PRETTY)),
  mustToPrettyJson: fixed(['any'], (value) => writeJson(value, PRETTY)),
  toRawJson: fixed(['any'], (value) => writeJson(value, RAW)),
  mustToRawJson: fixed(['any'], (value) => writeJson(value, RAW)),
}
