import { runFile } from './run.ts'

// npm run vectors -- FILE.jsonl…: each failing id with expected and got, then the tally.
const files = process.argv.slice(2)
if (files.length === 0) {
  console.error('usage: npm run vectors -- FILE.jsonl…')
  process.exitCode = 2
} else {
  let passed = 0
  let failed = 0
  for (const file of files) {
    const tally = await runFile(file)
    for (const { id, expected, got } of tally.failures) {
      console.log(`${id}\n  expected ${expected}\n  got      ${got}`)
    }
    passed += tally.passed
    failed += tally.failures.length
  }
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
