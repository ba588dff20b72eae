import type { JsonObject } from '../../../../src/model/json.ts'
import { decodeValue } from '../../../../src/values/decode.ts'
import { formatSecretValue } from '../../../../src/values/go-print.ts'
import { base64, data, ending, entries, findings, type Given, words } from './ask.ts'
import type { Asked, Rule } from './rule.ts'

// Table: fetch and merge, find, rewrite, conversion of keys, decoding, formatting (§2.3–§2.9 of the catalogue).

const AWS: Given = { provider: { aws: { service: 'SecretsManager', region: 'eu-central-1' } } }
const VAULT: Given = {
  provider: { vault: { server: 'https://vault.example', path: 'kv', version: 'v2', auth: {} } },
}
const GENERATOR = (values: JsonObject): JsonObject => ({
  apiVersion: 'generators.external-secrets.io/v1alpha1',
  kind: 'Fake',
  metadata: { name: 'gen', namespace: 'ns' },
  spec: { data: values },
})
const FROM_GENERATOR = {
  sourceRef: {
    generatorRef: {
      apiVersion: 'generators.external-secrets.io/v1alpha1',
      kind: 'Fake',
      name: 'gen',
    },
  },
}
const extract = (key: string, more: JsonObject = {}): JsonObject => ({ extract: { key, ...more } })
const find = (regexp: string, more: JsonObject = {}): JsonObject => ({
  find: { name: { regexp }, ...more },
})

/** One key of one JSON payload on AWS, by a property. */
function property(payload: string, path: string, answer: string): Asked {
  const spec = { data: [{ secretKey: 'v', remoteRef: { key: 'k', property: path } }] }
  return {
    story: `${path} of ${payload}`,
    ask: data({ ...AWS, fixtures: { k: payload }, spec }),
    answer: answer === 'error' ? 'PropertyNotFound spec.data[0].remoteRef.property' : { v: answer },
  }
}

/** An object `{foo: …}` on the fake provider, through rewrites. */
function rewritten(
  story: string,
  given: { readonly object: JsonObject; readonly rewrite: readonly JsonObject[] },
  answer: unknown,
): Asked {
  const spec = { dataFrom: [{ ...extract('m'), rewrite: [...given.rewrite] }] }
  return { story, ask: data({ remote: { m: JSON.stringify(given.object) }, spec }), answer }
}

const regexp = (source: string, target: string): JsonObject => ({ regexp: { source, target } })

/** Go's syntax for a group, which a reader may take for a template of ours. */
function braced(target: string): string {
  return target.replaceAll(/%(\w+)%/g, '{$1}')
}

/** Two objects `a` and `b` through a merge. */
function merged(story: string, merge: JsonObject, answer: unknown): Asked {
  const remote = { a: '{"x":"of a","only":"1"}', b: '{"x":"of b","n":1.50}' }
  const spec = { dataFrom: [{ ...find('^[ab]$'), rewrite: [{ merge }] }] }
  return { story, ask: data({ remote, spec }), answer }
}

/** One value by a decoding strategy; of what fails, the error. */
function decoded(strategy: string, value: string, answer: string): Asked {
  const spec = entries({ v: 'k' }, { decodingStrategy: strategy })
  return {
    story: `${strategy} of ${JSON.stringify(value)}`,
    ask: base64({ remote: { k: value }, spec }, 'v'),
    answer: answer === 'error' ? undefined : Buffer.from(answer, 'latin1').toString('base64'),
  }
}

/** Keys of an extract, converted. */
function converted(
  keys: readonly string[],
  conversionStrategy: string | undefined,
  answer: unknown,
): Asked {
  const object = JSON.stringify(Object.fromEntries(keys.map((key) => [key, '1'])))
  const strategy = conversionStrategy === undefined ? {} : { conversionStrategy }
  const spec = { dataFrom: [extract('m', strategy)] }
  return {
    story: `${keys.join(' ')} by ${conversionStrategy ?? 'nothing'}`,
    ask: data({ remote: { m: object }, spec }),
    answer,
  }
}

const AB = { a: 'one', b: 'two' }
const REMOTE_REF = 'spec.data[0].remoteRef'

export const VALUES: readonly Rule[] = [
  {
    rule: 17,
    says: 'dataFrom in order, then data in order, each over what came before',
    cases: [
      {
        story: 'data beats dataFrom, later beats earlier',
        ask: data({
          remote: { m: '{"x":"1","y":"1","z":"1"}', n: '{"y":"2","z":"2"}', a: 'three' },
          spec: { dataFrom: [extract('m'), extract('n')], ...entries({ z: 'a' }) },
        }),
        answer: { x: '1', y: '2', z: 'three' },
      },
      {
        story: 'of two entries with one secretKey the last wins',
        ask: data({
          remote: AB,
          spec: {
            data: [
              { secretKey: 'k', remoteRef: { key: 'a' } },
              { secretKey: 'k', remoteRef: { key: 'b' } },
            ],
          },
          args: ['--parity=eso'],
        }),
        answer: { k: 'two' },
      },
    ],
  },
  {
    rule: 18,
    says: 'of find, extract and generator the first counts; an element with only a storeRef yields nothing',
    differs: 'an element that takes nothing is an error: somebody forgot what to take',
    cases: [
      {
        story: 'only a storeRef',
        ask: data({
          remote: AB,
          spec: { dataFrom: [{ sourceRef: { storeRef: { name: 'st' } } }], ...entries({ k: 'a' }) },
        }),
        answer: 'InvalidEntry spec.dataFrom[0]',
      },
      {
        story: 'under parity nothing, silently',
        ask: data({
          remote: AB,
          args: ['--parity=eso'],
          spec: { dataFrom: [{ sourceRef: { storeRef: { name: 'st' } } }], ...entries({ k: 'a' }) },
        }),
        answer: { k: 'one' },
      },
    ],
  },
  {
    rule: 19,
    says: 'data: value, decoding, null bytes, secretKey; conversionStrategy does nothing there, generators do not work there',
    cases: [
      {
        story: 'decoding comes before null bytes',
        ask: data({
          remote: { k: 'YQBi' },
          spec: entries({ v: 'k' }, { decodingStrategy: 'Base64', nullBytePolicy: 'Fail' }),
        }),
        answer: `NullByte ${REMOTE_REF}.nullBytePolicy`,
      },
      {
        story: 'a strategy for keys changes no secretKey',
        ask: data({
          remote: AB,
          spec: entries({ 'a.b-c_d': 'a' }, { conversionStrategy: 'Unicode' }),
        }),
        answer: { 'a.b-c_d': 'one' },
      },
      {
        story: 'a generator',
        ask: data({
          remote: AB,
          also: [GENERATOR({ g: 'made' })],
          spec: { data: [{ secretKey: 'k', remoteRef: { key: 'a' }, ...FROM_GENERATOR }] },
        }),
        answer: 'Unsupported spec.data[0].sourceRef.generatorRef',
      },
    ],
  },
  {
    rule: 20,
    says: 'extract and find: rewrite, else conversion; validation; decoding of every value; null bytes',
    cases: [
      {
        story: 'without a rewrite keys are converted, and values decoded',
        ask: data({
          remote: { m: '{"a/b":"b25l"}' },
          spec: { dataFrom: [extract('m', { decodingStrategy: 'Base64' })] },
        }),
        answer: { a_b: 'one' },
      },
      rewritten(
        'a rewrite sees the raw names',
        { object: { 'a/b': '1' }, rewrite: [regexp('/', '.')] },
        { 'a.b': '1' },
      ),
      {
        story: 'null bytes are looked for behind the decoding',
        ask: data({
          remote: { m: '{"a":"YQBi"}' },
          spec: {
            dataFrom: [extract('m', { decodingStrategy: 'Base64', nullBytePolicy: 'Fail' })],
          },
        }),
        answer: 'NullByte spec.dataFrom[0].extract.nullBytePolicy',
      },
    ],
  },
  {
    rule: 21,
    says: 'behind a rewrite nothing is converted: what is no key fails',
    cases: [
      rewritten(
        'a slash that is left',
        { object: { 'foo/bar': '1' }, rewrite: [regexp('(.*)', '$1')] },
        'InvalidKey spec.dataFrom[0]',
      ),
    ],
  },
  {
    rule: 22,
    says: 'generators: rewrite and validation, and nothing else',
    cases: [
      {
        story: 'keys are not converted',
        ask: data({ also: [GENERATOR({ 'a/b': '1' })], spec: { dataFrom: [FROM_GENERATOR] } }),
        answer: 'InvalidKey spec.dataFrom[0]',
      },
      {
        story: 'but rewritten',
        ask: data({
          also: [GENERATOR({ 'a/b': '1' })],
          spec: { dataFrom: [{ ...FROM_GENERATOR, rewrite: [regexp('/', '-')] }] },
        }),
        answer: { 'a-b': '1' },
      },
    ],
  },
  {
    rule: 23,
    says: 'gcpsm, kubernetes and fake convert the names of a find before a rewrite sees them; aws and vault do not',
    cases: [
      {
        story: 'fake',
        ask: data({
          remote: { 'my/path': 'v' },
          spec: { dataFrom: [{ ...find('.'), rewrite: [regexp('/', '-')] }] },
        }),
        answer: { my_path: 'v' },
      },
      {
        story: 'gcpsm',
        ask: data({
          provider: { gcpsm: { projectID: 'p' } },
          fixtures: { 'my/path': 'v' },
          spec: { dataFrom: [{ ...find('.'), rewrite: [regexp('/', '-')] }] },
        }),
        answer: { my_path: 'v' },
      },
      {
        story: 'aws',
        ask: data({
          ...AWS,
          fixtures: { 'my/path': 'v' },
          spec: { dataFrom: [{ ...find('.'), rewrite: [regexp('/', '-')] }] },
        }),
        answer: { 'my-path': 'v' },
      },
    ],
  },
  {
    rule: 24,
    says: 'a secret that does not exist fails everything under Retain, and is left out under Delete and Merge',
    cases: [
      {
        story: 'Retain',
        ask: data({ remote: { a: 'one' }, spec: entries({ k: 'a', l: 'gone' }) }),
        answer: 'SecretNotFound spec.data[1].remoteRef.key',
      },
      {
        story: 'Delete',
        ask: data({
          remote: { a: 'one' },
          spec: { target: { deletionPolicy: 'Delete' }, ...entries({ k: 'a', l: 'gone' }) },
        }),
        answer: { k: 'one' },
      },
      {
        story: 'Merge, in dataFrom',
        ask: data({
          remote: { a: 'one' },
          spec: {
            target: { deletionPolicy: 'Merge' },
            dataFrom: [extract('gone')],
            ...entries({ k: 'a' }),
          },
        }),
        answer: { k: 'one' },
      },
    ],
  },
  {
    rule: 25,
    says: 'a property that does not exist fails under every policy; on fake it is a secret that does not exist',
    cases: [
      {
        story: 'aws under Delete',
        ask: data({
          ...AWS,
          fixtures: { k: '{"a":"1"}' },
          spec: {
            target: { deletionPolicy: 'Delete' },
            data: [{ secretKey: 'v', remoteRef: { key: 'k', property: 'b' } }],
          },
        }),
        answer: `PropertyNotFound ${REMOTE_REF}.property`,
      },
      {
        story: 'vault under Merge',
        ask: data({
          ...VAULT,
          fixtures: { k: { json: { a: '1' } } },
          spec: {
            target: { deletionPolicy: 'Merge' },
            data: [{ secretKey: 'v', remoteRef: { key: 'k', property: 'b' } }],
          },
        }),
        answer: `PropertyNotFound ${REMOTE_REF}.property`,
      },
      {
        story: 'fake under Delete',
        ask: data({
          remote: { k: '{"a":"1"}', l: 'one' },
          spec: {
            target: { deletionPolicy: 'Delete' },
            data: [
              { secretKey: 'v', remoteRef: { key: 'k', property: 'b' } },
              { secretKey: 'w', remoteRef: { key: 'l' } },
            ],
          },
        }),
        answer: { w: 'one' },
      },
    ],
  },
  {
    rule: 26,
    says: 'the condition names the step alone, and the first error goes to an event',
    differs:
      'the condition tells the cause and its field, and all errors: a reader of it may not see the log',
    cases: [
      {
        story: 'two errors',
        ask: ending({ remote: {}, spec: entries({ k: 'a', l: 'b' }) }),
        answer:
          'failed: False SecretSyncedError spec.data[0].remoteRef.key: secret a does not exist at the provider; spec.data[1].remoteRef.key: secret b does not exist at the provider',
      },
      {
        story: 'under parity',
        ask: ending({ remote: {}, spec: entries({ k: 'a' }), args: ['--parity=eso'] }),
        answer: 'failed: False SecretSyncedError could not get secret data from provider',
      },
    ],
  },
  {
    rule: 27,
    says: 'nullBytePolicy Fail refuses a byte 0x00; Ignore, the default, lets it pass',
    cases: [
      {
        story: 'Fail',
        ask: data({
          remote: { k: 'a\u0000b' },
          spec: entries({ v: 'k' }, { nullBytePolicy: 'Fail' }),
        }),
        answer: `NullByte ${REMOTE_REF}.nullBytePolicy`,
      },
      {
        story: 'Ignore',
        ask: data({ remote: { k: 'a\u0000b' }, spec: entries({ v: 'k' }) }),
        answer: { v: 'a\u0000b' },
      },
    ],
  },
  {
    rule: 28,
    says: 'find.name.regexp is searched anywhere in the name; of tags all have to match; path narrows',
    cases: [
      {
        story: 'anywhere',
        ask: data({ remote: { 'my-db': '1', web: '2' }, spec: { dataFrom: [find('db')] } }),
        answer: { 'my-db': '1' },
      },
      {
        story: 'all tags',
        ask: data({
          ...AWS,
          fixtures: {
            one: { text: '1', tags: { env: 'prod', team: 'a' } },
            two: { text: '2', tags: { env: 'prod' } },
          },
          spec: { dataFrom: [{ find: { tags: { env: 'prod', team: 'a' } } }] },
        }),
        answer: { one: '1' },
      },
      {
        story: 'a path',
        ask: data({
          ...AWS,
          fixtures: { 'x/one': '1', 'y/one': '2' },
          spec: { dataFrom: [find('one', { path: 'x/' })] },
        }),
        answer: { x_one: '1' },
      },
    ],
  },
  {
    rule: 29,
    says: 'each secret that is found is one key with the whole payload',
    cases: [
      {
        story: 'JSON stays JSON',
        ask: data({ remote: { db: '{"a": 1}' }, spec: { dataFrom: [find('db')] } }),
        answer: { db: '{"a": 1}' },
      },
    ],
  },
  {
    rule: 30,
    says: 'the names that are found become keys by the conversionStrategy',
    cases: [
      {
        story: 'by default',
        ask: data({
          ...AWS,
          fixtures: { '/path/key1': '1', 'key2/path': '2' },
          spec: { dataFrom: [find('.')] },
        }),
        answer: { _path_key1: '1', key2_path: '2' },
      },
      {
        story: 'by Unicode',
        ask: data({
          ...AWS,
          fixtures: { '/a': '1' },
          spec: { dataFrom: [find('.', { conversionStrategy: 'Unicode' })] },
        }),
        answer: { _U002f_a: '1' },
      },
    ],
  },
  {
    rule: 31,
    says: 'no match: aws and fake answer an empty map; vault only says "no secret" when its list is empty',
    cases: [
      {
        story: 'fake, Retain',
        ask: ending({ remote: AB, spec: { dataFrom: [find('^x')] } }),
        answer: 'retained: True SecretSynced secret retained due to DeletionPolicy=Retain',
      },
      {
        story: 'beside another entry nothing happens',
        ask: data({ remote: AB, spec: { dataFrom: [find('^x')], ...entries({ k: 'a' }) } }),
        answer: { k: 'one' },
      },
      {
        file: 'test/unit/providers/vault.test.ts',
        title: 'find in an engine that is empty is absent, and without a match it is nothing (R31)',
      },
    ],
  },
  {
    rule: 32,
    says: 'a pattern that does not compile is an error',
    cases: [
      {
        story: 'a bracket',
        ask: words({ remote: AB, spec: { dataFrom: [find('[')] } }),
        answer: 'find.name.regexp: pattern is not valid RE2 syntax',
      },
    ],
  },
  {
    rule: 33,
    says: 'rewrite by regexp replaces every match in every key, by the rules of Go for $',
    cases: [
      rewritten(
        'all matches',
        { object: { aXbX: '1', c: '2' }, rewrite: [regexp('X', '.')] },
        { 'a.b.': '1', c: '2' },
      ),
      rewritten(
        'groups by number and name',
        { object: { foo: '1' }, rewrite: [regexp('f(?P<rest>o+)', braced('$%rest%-$1-$0'))] },
        { 'oo-oo-foo': '1' },
      ),
      rewritten(
        '$1_x is a group of that name',
        { object: { foo: '1', bar: '2' }, rewrite: [regexp('^f(.*)', 'k$1_x')] },
        { k: '1', bar: '2' },
      ),
      rewritten(
        'in braces it is not',
        { object: { foo: '1' }, rewrite: [regexp('f(.*)', braced('$%1%_x'))] },
        { oo_x: '1' },
      ),
      rewritten(
        '$$ is a dollar',
        { object: { foo: '1' }, rewrite: [regexp('f', '$$'), regexp('\\$', 'D')] },
        { Doo: '1' },
      ),
      rewritten(
        'a dollar alone stays',
        { object: { foo: '1' }, rewrite: [regexp('f', '$'), regexp('\\$', 'D')] },
        { Doo: '1' },
      ),
    ],
  },
  {
    rule: 34,
    says: 'no empty match right behind a match',
    cases: [
      rewritten(
        '(.*)',
        { object: { foo: '1' }, rewrite: [regexp('(.*)', 'new-$1')] },
        { 'new-foo': '1' },
      ),
    ],
  },
  {
    rule: 35,
    says: 'two keys that become one: the last written wins, at random',
    differs:
      'an error that names both: which value is stored must not depend on the order of a map',
    cases: [
      rewritten(
        'two',
        { object: { key1: '1', key2: '2' }, rewrite: [regexp('\\d', '')] },
        'KeyCollision spec.dataFrom[0].rewrite[0]',
      ),
    ],
  },
  {
    rule: 36,
    says: 'transform is a template over {value: key}; what is missing prints as <no value>',
    cases: [
      rewritten(
        'a function',
        { object: { foo: '1' }, rewrite: [{ transform: { template: '{{ .value | upper }}' } }] },
        { FOO: '1' },
      ),
      rewritten(
        'a letter too large',
        {
          object: { foo: '1' },
          rewrite: [{ transform: { template: '{{ .Value }}' } }, regexp('[< >]', '.')],
        },
        { '.no.value.': '1' },
      ),
    ],
  },
  {
    rule: 37,
    says: 'merge takes objects, in order of their keys and then in that of priority: later ones win',
    cases: [
      merged('by name', { conflictPolicy: 'Ignore' }, { only: '1', n: '1.5', x: 'of b' }),
      merged(
        'a priority',
        { conflictPolicy: 'Ignore', priority: ['a'] },
        { only: '1', n: '1.5', x: 'of a' },
      ),
      merged(
        'the last priority',
        { conflictPolicy: 'Ignore', priority: ['a', 'b'] },
        { only: '1', n: '1.5', x: 'of b' },
      ),
      {
        story: 'what is no object',
        ask: data({
          remote: { a: 'text' },
          spec: { dataFrom: [{ ...find('a'), rewrite: [{ merge: {} }] }] },
        }),
        answer: 'NotJson spec.dataFrom[0].rewrite[0].merge',
      },
    ],
  },
  {
    rule: 38,
    says: 'conflictPolicy Error, the default, refuses a field of two objects; Ignore takes the later one',
    cases: [
      merged('Error', {}, 'Conflict spec.dataFrom[0].rewrite[0].merge.conflictPolicy'),
      merged('Ignore', { conflictPolicy: 'Ignore' }, { only: '1', n: '1.5', x: 'of b' }),
    ],
  },
  {
    rule: 39,
    says: 'a priority that names no key is an error under Strict, the default, and nothing under IgnoreNotFound',
    cases: [
      merged(
        'Strict',
        { conflictPolicy: 'Ignore', priority: ['z'] },
        'PriorityNotFound spec.dataFrom[0].rewrite[0].merge.priority',
      ),
      merged(
        'IgnoreNotFound',
        { conflictPolicy: 'Ignore', priority: ['z'], priorityPolicy: 'IgnoreNotFound' },
        { only: '1', n: '1.5', x: 'of b' },
      ),
    ],
  },
  {
    rule: 40,
    says: 'strategy Extract, the default: the fields are the keys, and the old keys go',
    cases: [
      merged(
        'the old keys are gone',
        { strategy: 'Extract', conflictPolicy: 'Ignore' },
        { only: '1', n: '1.5', x: 'of b' },
      ),
    ],
  },
  {
    rule: 41,
    says: 'strategy JSON: the old keys stay, and `into` holds the object, compact and in order; it must have a name',
    cases: [
      merged(
        'into',
        { strategy: 'JSON', into: 'all', conflictPolicy: 'Ignore' },
        {
          a: '{"x":"of a","only":"1"}',
          b: '{"x":"of b","n":1.50}',
          all: '{"n":1.5,"only":"1","x":"of b"}',
        },
      ),
      merged(
        'no name',
        { strategy: 'JSON', conflictPolicy: 'Ignore' },
        'IntoMissing spec.dataFrom[0].rewrite[0].merge.into',
      ),
      {
        story: 'HTML is not escaped',
        ask: data({
          remote: { a: '{"x":"<&>"}' },
          spec: {
            dataFrom: [{ ...find('a'), rewrite: [{ merge: { strategy: 'JSON', into: 'j' } }] }],
          },
        }),
        answer: { a: '{"x":"<&>"}', j: '{"x":"<&>"}' },
      },
    ],
  },
  {
    rule: 42,
    says: 'letters, numbers, - . _ stay; any other code point is _ by Default and _U<hex>_ by Unicode',
    cases: [
      converted(['a b/c'], undefined, { a_b_c: '1' }),
      converted(['a/b'], 'Default', { a_b: '1' }),
      converted(['a/b'], 'Unicode', { a_U002f_b: '1' }),
      converted(['\u{1f600}'], 'Unicode', { _U1f600_: '1' }),
      converted(['\u{1f600}'], 'Default', { _: '1' }),
    ],
  },
  {
    rule: 43,
    says: 'two names that become one are an error',
    cases: [
      converted(
        ['a/b', 'a b'],
        'Default',
        'KeyCollision spec.dataFrom[0].extract.conversionStrategy',
      ),
    ],
  },
  {
    rule: 44,
    says: 'letters of other scripts pass, and the API server refuses them late',
    differs: 'they are refused before anything is written',
    cases: [
      converted(['é'], undefined, 'InvalidKey'),
      {
        story: 'under parity they pass',
        ask: data({
          remote: { m: '{"é":"1"}' },
          spec: { dataFrom: [extract('m')] },
          args: ['--parity=eso'],
        }),
        answer: { é: '1' },
      },
    ],
  },
  {
    rule: 45,
    says: 'an empty key is dropped; more than 253 bytes, or another character, is an error',
    cases: [
      rewritten(
        'emptied',
        { object: { foo: '1', bar: '2' }, rewrite: [regexp('foo', '')] },
        { bar: '2' },
      ),
      rewritten(
        '253',
        { object: { k: '1' }, rewrite: [regexp('k', 'k'.repeat(253))] },
        { ['k'.repeat(253)]: '1' },
      ),
      rewritten(
        '254',
        { object: { k: '1' }, rewrite: [regexp('k', 'k'.repeat(254))] },
        'InvalidKey spec.dataFrom[0]',
      ),
      rewritten(
        'a colon',
        { object: { 'a:b': '1' }, rewrite: [regexp('x', 'y')] },
        'InvalidKey spec.dataFrom[0]',
      ),
    ],
  },
  {
    rule: 46,
    says: 'None changes nothing; Base64 and Base64URL want their alphabet and padding, and mind neither CR and LF nor spare bits',
    cases: [
      decoded('None', 'YQ==', 'YQ=='),
      decoded('Base64', 'YR==', 'a'),
      decoded('Base64', 'YmF\r\ny', 'bar'),
      decoded('Base64', 'YQ', 'error'),
      decoded('Base64', ' YmFy', 'error'),
      decoded('Base64', 'Zm9vJV8_', 'error'),
      decoded('Base64URL', 'Zm9vJV8_YmFy', 'foo%_?bar'),
      decoded('Base64URL', 'Zm9vJV8/YmFy', 'error'),
    ],
  },
  {
    rule: 47,
    says: 'Auto tries both, then leaves the value; plain text of the right shape is mangled',
    cases: [
      decoded('Auto', 'Zm9vJV8/YmFy', 'foo%_?bar'),
      decoded('Auto', 'Zm9vJV8_YmFy', 'foo%_?bar'),
      decoded('Auto', 'no base64', 'no base64'),
      decoded('Auto', '1234', '\xd7\x6d\xf8'),
      {
        story: 'and a finding says so',
        ask: findings({ spec: entries({ v: 'a' }, { decodingStrategy: 'Auto' }) }),
        answer: 'auto-decoding spec.data[0].remoteRef.decodingStrategy',
      },
    ],
  },
  {
    rule: 48,
    says: 'a strategy that nobody knows is an error; JSON is not looked into',
    cases: [
      {
        story: 'Rot13',
        ask: data({ remote: { k: 'x' }, spec: entries({ v: 'k' }, { decodingStrategy: 'Rot13' }) }),
        answer: `InvalidSpec ${REMOTE_REF}.decodingStrategy`,
      },
      {
        story: 'past the schema',
        ask: () => decodeValue('Rot13', new Uint8Array()).failure?.code,
        answer: 'UnknownStrategy',
      },
      decoded('Auto', '{"a":"YQ=="}', '{"a":"YQ=="}'),
    ],
  },
  {
    rule: 49,
    says: 'valuesDecodingStrategy of templateFrom decodes what was rendered, by the same function',
    cases: [
      {
        story: 'Base64',
        ask: data({
          remote: { k: 'b25l' },
          spec: {
            target: {
              template: {
                templateFrom: [{ literal: 'a: {{ .v }}', valuesDecodingStrategy: 'Base64' }],
              },
            },
            ...entries({ v: 'k' }),
          },
        }),
        answer: { a: 'one' },
      },
    ],
  },
  {
    rule: 50,
    says: 'values of Vault and of a merge: compact JSON in order with HTML escaped, shortest decimals, null is empty',
    cases: [
      {
        story: 'members of an extract from Vault',
        ask: data({
          ...VAULT,
          fixtures: {
            k: { json: { o: { z: 1, a: '<&>' }, l: [1, 'x'], t: true, n: null, s: '"' } },
          },
          spec: { dataFrom: [extract('k')] },
        }),
        answer: {
          o: '{"a":"\\u003c\\u0026\\u003e","z":1}',
          l: '[1,"x"]',
          t: 'true',
          n: '',
          s: '"',
        },
      },
      {
        story: 'no exponent',
        ask: () => formatSecretValue({ go: 'float64', value: 1e21 }),
        answer: '1000000000000000000000',
      },
    ],
  },
  {
    rule: 51,
    says: 'aws and gcp extract: text unquoted, every other member as it is written, null is empty, null for all is an empty map',
    cases: [
      {
        story: 'members',
        ask: data({
          ...AWS,
          fixtures: { k: '{"s":"x","n":1.50,"o":{ "a" : 1},"t":true,"z":null}' },
          spec: { dataFrom: [extract('k')] },
        }),
        answer: { s: 'x', n: '1.50', o: '{ "a" : 1}', t: 'true', z: '' },
      },
      {
        story: 'a list',
        ask: data({ ...AWS, fixtures: { k: '[1]' }, spec: { dataFrom: [extract('k')] } }),
        answer: 'NotJson spec.dataFrom[0].extract.key',
      },
      {
        story: 'null',
        ask: ending({ ...AWS, fixtures: { k: 'null' }, spec: { dataFrom: [extract('k')] } }),
        answer: 'retained: True SecretSynced secret retained due to DeletionPolicy=Retain',
      },
    ],
  },
  {
    rule: 52,
    says: 'Vault extract goes through float64 and loses digits',
    differs: 'the text of a number is kept: an account number must arrive as it was stored',
    cases: [
      {
        story: 'here',
        ask: data({
          ...VAULT,
          fixtures: { k: '{"a":12345678901234567890,"b":1.50}' },
          spec: { dataFrom: [extract('k')] },
        }),
        answer: { a: '12345678901234567890', b: '1.50' },
      },
      {
        story: 'under parity',
        ask: data({
          ...VAULT,
          fixtures: { k: '{"a":12345678901234567890,"b":1.50}' },
          spec: { dataFrom: [extract('k')] },
          args: ['--parity=eso'],
        }),
        answer: { a: '12345678901234567000', b: '1.5' },
      },
    ],
  },
  {
    rule: 53,
    says: 'of duplicate keys a property takes the first, an extract the last',
    cases: [
      property('{"a":1,"a":2}', 'a', '1'),
      {
        story: 'extract',
        ask: data({ ...AWS, fixtures: { k: '{"a":1,"a":2}' }, spec: { dataFrom: [extract('k')] } }),
        answer: { a: '2' },
      },
    ],
  },
  {
    rule: 54,
    says: 'a property with a dot is a literal name first, then a path',
    cases: [
      property('{"a.b":"lit","a":{"b":"nest"}}', 'a.b', 'lit'),
      property('{"a":{"b":"nest"}}', 'a.b', 'nest'),
      property('{"a":{ "b" : 1}}', 'a', '{ "b" : 1}'),
      property('{"a":1.50}', 'a', '1.5'),
      property('{"a":1e3}', 'a', '1000'),
      property('{"a":null}', 'a', ''),
      property('{"a":[{"b":1},{"b":2,"c":"y"}]}', 'a.#.b', '[1,2]'),
      property('{"a":[{"b":1},{"b":2,"c":"y"}]}', 'a.#(b==2).c', 'y'),
      property('plain', 'a', 'error'),
    ],
  },
  {
    rule: 55,
    says: 'wildcards and modifiers live in properties: such a name needs a backslash',
    cases: [
      property('{"foo1":"x"}', 'foo*', 'x'),
      property('{"@user":"x"}', '\\@user', 'x'),
      property('{"a":1}', '@this', '{"a":1}'),
      {
        story: 'and a finding says so',
        ask: findings({
          ...AWS,
          spec: { data: [{ secretKey: 'v', remoteRef: { key: 'k', property: 'a*' } }] },
        }),
        answer: 'gjson-operator-in-property spec.data[0].remoteRef.property',
      },
    ],
  },
]
