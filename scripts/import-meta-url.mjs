// yargs asks for its own place with import.meta.url, which is empty in CommonJS: the chunk that holds it gets this instead.
export const importMetaUrl = require('node:url').pathToFileURL(__filename).href
