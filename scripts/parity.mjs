// Writes docs/parity.md: where our answers differ from External Secrets Operator's, with examples that are executed under both
// parities (test/unit/parity). A test compares.
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compile } from './compile.mjs'

const out = '.build/parity'
compile(out)
const { parityPage } = await import(pathToFileURL(resolve(out, 'test/unit/parity/page.js')).href)
writeFileSync('docs/parity.md', await parityPage())
