import type {
  GoInt,
  GoLocation,
  GoMap,
  GoSlice,
  GoStruct,
  GoTime,
  GoValue,
  GoVersion,
} from './value.ts'

// What a template can call. Parameters have Go types, because calling converts constants and checks everything else by them.

/** Parameter types by short names, and what the function then receives. */
interface Received {
  /** interface{}: anything; nil arrives as null. */
  any: GoValue
  /** reflect.Value: anything; no value at all arrives as undefined. Only built-ins take it. */
  value: GoValue
  string: string
  bool: boolean
  int: GoInt
  int64: GoInt
  uint32: GoInt
  float64: number
  list: GoSlice
  strings: GoSlice
  dict: GoMap
  time: GoTime
  location: GoLocation
  duration: GoInt
  version: GoVersion
  certificate: GoStruct
}

/** Types that functions may ask for; TYPE_NAMES has Go's names for messages. */
export type Parameter = keyof Received

/** Go's names of the parameter types. */
export const TYPE_NAMES: Readonly<Record<Parameter, string>> = {
  any: 'interface {}',
  value: 'reflect.Value',
  string: 'string',
  bool: 'bool',
  int: 'int',
  int64: 'int64',
  uint32: 'uint32',
  float64: 'float64',
  list: '[]interface {}',
  strings: '[]string',
  dict: 'map[string]interface {}',
  time: 'time.Time',
  location: '*time.Location',
  duration: 'time.Duration',
  version: '*semver.Version',
  certificate: 'sprig.certificate',
}

/**
 * One callable of a template. Calling it with unchecked values is a bug of the caller: arguments.ts
 * checks them.
 */
export interface TemplateFunction {
  readonly parameters: readonly Parameter[]
  /** Type of any further arguments; undefined for a fixed number. */
  readonly rest: Parameter | undefined
  /** Throws FunctionError where Go returns an error or panics. */
  readonly call: (values: readonly GoValue[]) => GoValue
}

/** The tuple of values for a tuple of parameters. */
type ReceivedAll<P extends readonly Parameter[]> = { readonly [K in keyof P]: Received[P[K]] }

/** A function of a fixed number of arguments. */
export function fixed<const P extends readonly Parameter[]>(
  parameters: P,
  run: (...values: ReceivedAll<P>) => GoValue,
): TemplateFunction {
  return {
    parameters,
    rest: undefined,
    // The caller has checked every value against `parameters`.
    call: (values) => run(...(values as unknown as ReceivedAll<P>)),
  }
}

/** A variadic function: `run` receives the further arguments as one array. */
export function variadic<const P extends readonly Parameter[], R extends Parameter>(
  parameters: P,
  rest: R,
  run: (further: readonly Received[R][], ...values: ReceivedAll<P>) => GoValue,
): TemplateFunction {
  return {
    parameters,
    rest,
    call: (values) => {
      const further = values.slice(parameters.length) as unknown as readonly Received[R][]
      return run(further, ...(values.slice(0, parameters.length) as unknown as ReceivedAll<P>))
    },
  }
}

/**
 * Functions by the names that templates use. Look up names of a template with `Object.hasOwn`
 * first.
 */
export type Functions = Readonly<Record<string, TemplateFunction>>
