import assert from 'node:assert/strict'
import { loadAll } from 'js-yaml'
import { isArray, type JsonObject } from '../../../src/model/json.ts'
import { externalSecret, fakeStore, type Ran } from './story.ts'

// The rights that `generate` gives a run, one by one, and what a run has to say that lacks one.

/** Each policy, and a template's source: what the rights are derived from. */
export const RIGHTS = [
  fakeStore({ a: 'one', b: 'two' }),
  externalSecret({ name: 'plain', keys: { k: 'a' } }),
  externalSecret({ name: 'orphan', keys: { k: 'a' }, target: { creationPolicy: 'Orphan' } }),
  externalSecret({ name: 'merge', keys: { k: 'b' }, target: { creationPolicy: 'Merge' } }),
  externalSecret({
    name: 'templated',
    keys: { k: 'b' },
    target: {
      template: {
        templateFrom: [{ configMap: { name: 'sources', items: [{ key: 't' }] } }],
      },
    },
  }),
  externalSecret({ name: 'deleting', keys: { k: 'a' }, target: { deletionPolicy: 'Delete' } }),
].join('')

export interface Removal {
  readonly role: number
  readonly rule: number
  readonly verb: string
  readonly resources: readonly string[]
  readonly names: readonly string[]
}

export function rolesOf(text: string): readonly JsonObject[] {
  return (loadAll(text) as readonly JsonObject[]).filter(({ kind }) => kind === 'Role')
}

const rulesOf = (role: JsonObject | undefined): readonly JsonObject[] =>
  (isArray(role?.rules) ? role.rules : []) as readonly JsonObject[]

export function without(role: JsonObject, { rule, verb }: Removal): JsonObject {
  const rules = rulesOf(role).flatMap((one, at) => {
    if (at !== rule) return [one]
    const verbs = (one.verbs as readonly string[]).filter((other) => other !== verb)
    return verbs.length === 0 ? [] : [{ ...one, verbs }]
  })
  return { ...role, rules: [...rules] }
}

/** Every single right of the generated Roles. */
export function removalsOf(out: string): readonly Removal[] {
  return rolesOf(out).flatMap((role, at) =>
    rulesOf(role).flatMap((rule, index) =>
      (rule.verbs as readonly string[]).map((verb) => ({
        role: at,
        rule: index,
        verb,
        resources: rule.resources as readonly string[],
        names: (rule.resourceNames ?? []) as readonly string[],
      })),
    ),
  )
}

/** What a run says that was refused something: the verb, the object, and who lacks the right. */
export function assertNamed({ verb, resources }: Removal, ran: Ran): void {
  const told = [ran.err, ran.out].join('\n')
  // A denied apply that creates is denied as a patch or as a create.
  const verbs = verb === 'create' || verb === 'patch' ? '(create|patch|apply)' : verb
  assert.match(told, new RegExp(verbs), told)
  assert.match(told, new RegExp(resources[0]?.replace(/s$/, '') ?? '', 'i'), told)
  assert.match(told, /waybill-shop/, 'who lacks it')
}

/** A right that one Secret needs stops no other. */
export function assertOthersGoOn({ resources, names }: Removal, { results }: Ran): void {
  if (!resources.includes('secrets')) return
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  for (const { target } of failed) {
    assert.ok(
      names.some((name) => target === `shop/${name}`),
      `${target} failed as well`,
    )
  }
  assert.ok(failed.length < results.length, 'all failed')
}
