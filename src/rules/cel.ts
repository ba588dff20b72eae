import { isArray, isObject, type JsonObject, type JsonValue, member } from '../model/json.ts'

// The CRDs' CEL rules by hand: all are `has()` and `size()`, so an engine would be more code than the rules. A test
// holds this table against the generated one, so that a new CRD with a new rule does not go unnoticed.

/** An expression by hand: true where the object keeps it. */
type Holds = (self: JsonObject) => boolean

/** Whether the object keeps the rule; a rule that is not here counts as kept. */
export function holds(expression: string, self: JsonObject): boolean {
  return RULES.get(expression)?.(self) ?? true
}

/** Whether the table has the expression; the test that compares it with the CRDs asks. */
export function isRuleKnown(expression: string): boolean {
  return RULES.has(expression)
}

/** CEL's has(): a null member is absent, for the API server has dropped it. */
function has(self: JsonValue | undefined, name: string): boolean {
  const value = member(self, name)
  return value !== undefined && value !== null
}

/** How many of the members are there. */
function count(self: JsonObject, names: readonly string[]): number {
  return names.filter((name) => has(self, name)).length
}

/** Rules by the number of members that are there. */
function exactlyOne(...names: readonly string[]): Holds {
  return (self) => count(self, names) === 1
}

function atMostOne(...names: readonly string[]): Holds {
  return (self) => count(self, names) <= 1
}

function atLeastOne(...names: readonly string[]): Holds {
  return (self) => count(self, names) >= 1
}

/** By the text of the expression as the CRD has it. */
const RULES: ReadonlyMap<string, Holds> = new Map([
  [
    '(has(self.regexp) && !has(self.transform)) || (!has(self.regexp) && has(self.transform))',
    exactlyOne('regexp', 'transform'),
  ],
  [
    'has(self.storeRef) && (has(self.storeRef.name) || has(self.storeRef.labelSelector))',
    (self) =>
      has(member(self, 'storeRef'), 'name') || has(member(self, 'storeRef'), 'labelSelector'),
  ],
  [
    '!has(self.remoteKey) || !has(self.rewrite) || size(self.rewrite) == 0',
    (self) => !has(self, 'remoteKey') || !has(self, 'rewrite') || isEmpty(member(self, 'rewrite')),
  ],
  [
    "!('esoNamespace' in self) && !('esoStoreName' in self) && !('esoStoreKind' in self)",
    (self) => count(self, ['esoNamespace', 'esoStoreName', 'esoStoreKind']) === 0,
  ],
  ['has(self.auth) || has(self.authRef)', atLeastOne('auth', 'authRef')],
  [
    '[has(self.auth),has(self.authRef)].filter(x,x==true).size() <= 1',
    atMostOne('auth', 'authRef'),
  ],
  [
    '(has(self.secretRef) && !has(self.oidcConfig)) || (!has(self.secretRef) && has(self.oidcConfig))',
    exactlyOne('secretRef', 'oidcConfig'),
  ],
  [
    'has(self.serviceAccountCredsSecretRef) || has(self.tokenSecretRef)',
    atLeastOne('serviceAccountCredsSecretRef', 'tokenSecretRef'),
  ],
  [
    '[has(self.vault),has(self.environment)].filter(x,x==true).size() <= 1',
    atMostOne('vault', 'environment'),
  ],
  [
    '[has(self.caBundle),has(self.caProvider)].filter(x,x==true).size() <= 1',
    atMostOne('caBundle', 'caProvider'),
  ],
  [
    '[has(self.appRole),has(self.tokenSecretRef),has(self.userPass)].filter(x,x==true).size() == 1',
    exactlyOne('appRole', 'tokenSecretRef', 'userPass'),
  ],
  [
    '[has(self.roleId),has(self.roleRef)].filter(x,x==true).size() == 1',
    exactlyOne('roleId', 'roleRef'),
  ],
  [
    '(has(self.auth) && !has(self.accessToken)) || (!has(self.auth) && has(self.accessToken))',
    exactlyOne('auth', 'accessToken'),
  ],
  [
    '(has(self.accessToken) && !has(self.oidcConfig)) || (!has(self.accessToken) && has(self.oidcConfig))',
    exactlyOne('accessToken', 'oidcConfig'),
  ],
  [
    'has(self.token) || (has(self.username) && has(self.password))',
    (self) => has(self, 'token') || (has(self, 'username') && has(self, 'password')),
  ],
  ['has(self.value) != has(self.secretRef)', exactlyOne('value', 'secretRef')],
  ['has(self.projectID) != has(self.groupID)', exactlyOne('projectID', 'groupID')],
])

/** CEL's size() == 0; false for what has no size. */
function isEmpty(value: JsonValue | undefined): boolean {
  if (isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}
