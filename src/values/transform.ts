/** Answer of the template engine for one key of `rewrite.transform`. `message` holds no operand. */
export type Transformed =
  | { readonly outcome: 'rendered'; readonly text: string }
  | {
      readonly outcome: 'failed'
      /** Whether the template could not be read, or failed while it ran. */
      readonly stage: 'parse' | 'exec'
      readonly message: string
    }

/** Renders `template` with `{value: key}` as its data, without missingkey (R36). Injected: values/ has no engine. */
export type Transform = (template: string, key: string) => Transformed
