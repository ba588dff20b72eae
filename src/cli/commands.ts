/** The words that follow `waybill`. */
export type CommandName =
  | 'generate'
  | 'fn'
  | 'validate'
  | 'simulate'
  | 'template'
  | 'sync'
  | 'controller'
  | 'status'
  | 'explain'
  | 'version'

/** A command as help shows it. */
export interface CommandSpec {
  readonly name: CommandName
  /** Operands as shown in help. */
  readonly operands: string
  readonly summary: string
}

/** In the order of help. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'generate',
    operands: '[DIR]',
    summary:
      'render DIR (kustomize, Helm chart or plain YAML), check it, hand it off; what the Argo CD plugin runs',
  },
  {
    name: 'fn',
    operands: '',
    summary: 'KRM function: ResourceList on stdin to ResourceList on stdout',
  },
  { name: 'validate', operands: '[PATH…|-]', summary: 'check manifests and print findings' },
  {
    name: 'simulate',
    operands: '[PATH…|-]',
    summary:
      'the Secrets that these manifests would produce from fixture payloads, and what they would push: no cluster, no provider',
  },
  {
    name: 'template',
    operands: '',
    summary: "render a template, or an ExternalSecret's templates, against sample data",
  },
  { name: 'sync', operands: '', summary: 'one run: read the values, write the Secrets' },
  {
    name: 'controller',
    operands: '',
    summary: 'keeps running: refresh intervals, edits and drift of every bundle, as they come',
  },
  {
    name: 'status',
    operands: '[NAME…]',
    summary: 'a table of every ExternalSecret: store, ready, reason, last sync, next refresh',
  },
  { name: 'explain', operands: 'RULE', summary: 'what a rule means, with examples' },
  { name: 'version', operands: '', summary: 'print the version' },
]
