import type { SecretValue } from '../model/secret-value.ts'

// The port to the template language: what the rest of Waybill knows about templates without loading the engine.

/** `parse`: the text is no template; `exec`: it is one, and running it failed (a missing key, a function, a budget). */
export type TemplateErrorCode = 'parse' | 'exec'

/** Why a template failed. The message names function and place, never an operand: rendered text is a secret. */
export interface TemplateError {
  readonly code: TemplateErrorCode
  /** 1-based line within the template's text. */
  readonly line: number
  /** Bytes before the failing node in its line, as Go counts them; undefined for parse errors. */
  readonly column: number | undefined
  readonly message: string
}

/** What became of a template. The value is a Secret from here on: it shows nothing when logged. */
export type Rendering =
  | { readonly outcome: 'rendered'; readonly value: SecretValue }
  | { readonly outcome: 'failed'; readonly error: TemplateError }

/** Values by name, or by two names. */
export type TemplateData = ReadonlyMap<string, SecretValue | ReadonlyMap<string, SecretValue>>

/** One template and its data. Text and values are bytes: no decoding on the way (R172). */
export interface TemplateRequest {
  /** Name of the template in errors: the key whose value it renders. */
  readonly key: string
  readonly text: Uint8Array
  /** What `.` is, bytes preserved: Go's map[string]string, or a map of such maps, as a webhook's templates have it. */
  readonly data: TemplateData
  /** What `.x` does without an `x`: target templates fail, `rewrite.transform` prints `<no value>`. */
  readonly missingKey: 'error' | 'default'
}

/** An engine whose renderings know nothing of each other. */
export interface IndependentEngine extends TemplateEngine {
  /** One whose renderings share a budget, as all templates of one object do. */
  readonly together: () => TemplateEngine
}

/** Renders templates as External Secrets Operator's engine v2 does. Never throws on input. */
export interface TemplateEngine {
  readonly render: (request: TemplateRequest) => Rendering
}
