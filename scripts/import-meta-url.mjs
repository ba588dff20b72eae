// yargs asks for its own place with import.meta.url, which is empty in CommonJS. esbuild puts this in its stead, and leaves
// it out of every file that does not ask.
export const importMetaUrl = require('node:url').pathToFileURL(__filename).href
