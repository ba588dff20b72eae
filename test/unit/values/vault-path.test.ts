import assert from 'node:assert/strict'
import { test } from 'node:test'
import { vaultPaths } from '../../../src/values/vault-path.ts'

interface Row {
  readonly story: string
  readonly path: string | undefined
  readonly version: 'v1' | 'v2'
  readonly key: string
  readonly data: string
  readonly metadata: string | undefined
}

const rows: readonly Row[] = [
  {
    story: 'v2 puts data between mount and key',
    path: 'secret/path',
    version: 'v2',
    key: 'test',
    data: 'secret/path/data/test',
    metadata: 'secret/path/metadata/test',
  },
  {
    story: 'a key that repeats the mount loses it, for data only',
    path: 'secret',
    version: 'v2',
    key: 'secret/data/test',
    data: 'secret/data/test',
    metadata: 'secret/metadata/secret/data/test',
  },
  {
    story: 'without a store path the first segment is the mount',
    path: undefined,
    version: 'v2',
    key: 'secret/test/big/path',
    data: 'secret/data/test/big/path',
    metadata: undefined,
  },
  {
    story: 'a /data/ that is already there stays the first one',
    path: undefined,
    version: 'v2',
    key: 'secret/test/data/not/the/first/and/data/twice',
    data: 'secret/test/data/not/the/first/and/data/twice',
    metadata: 'secret/test/metadata/not/the/first/and/data/twice',
  },
  {
    story: 'v1 has no data segment and takes a folder data as a folder',
    path: 'secret',
    version: 'v1',
    key: 'secret/data/test',
    data: 'secret/data/test',
    metadata: 'secret/secret/data/test',
  },
  {
    story: 'v1 without a store path reads the key as it is',
    path: undefined,
    version: 'v1',
    key: 'secret/test',
    data: 'secret/test',
    metadata: 'secret/test',
  },
]

for (const { story, path, version, key, data, metadata } of rows) {
  test(`vault path: ${story}`, () => {
    assert.deepEqual(vaultPaths({ path, version, key }), { data, metadata })
  })
}
