// Preloaded with `node -r`: writes what the process had loaded at its end to the file named by RECORD_LOADS.
const { writeFileSync } = require('node:fs')
process.on('exit', () => {
  const builtins = process.moduleLoadList
    .filter((name) => name.startsWith('NativeModule '))
    .map((name) => name.slice('NativeModule '.length))
  writeFileSync(
    process.env.RECORD_LOADS,
    JSON.stringify({ files: Object.keys(require.cache), builtins }),
  )
})
