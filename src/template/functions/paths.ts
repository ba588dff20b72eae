import { type Functions, fixed } from '../function.ts'

// Go's path package; the `os` functions are the same on Linux.

/** path.Clean: no `.`, no empty parts, `..` resolved. Purely textual, no file system. */
function clean(path: string): string {
  if (path === '') return '.'
  const isRooted = path.startsWith('/')
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') climb(kept, isRooted)
    else if (part !== '' && part !== '.') kept.push(part)
  }
  const joined = kept.join('/')
  return isRooted ? `/${joined}` : joined || '.'
}

/** One level up; above the root there is nothing. */
function climb(kept: string[], isRooted: boolean): void {
  if (kept.length > 0 && kept.at(-1) !== '..') kept.pop()
  else if (!isRooted) kept.push('..')
}

/** The last part; `.` of an empty path and `/` of slashes alone. */
function base(path: string): string {
  if (path === '') return '.'
  const trimmed = withoutSlashes(path)
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

/** Not a regexp: `/+$` is quadratic on runs of slashes. */
function withoutSlashes(path: string): string {
  let end = path.length
  while (path[end - 1] === '/') end--
  return path.slice(0, end)
}

/** Everything before the last slash, cleaned. */
function directory(path: string): string {
  return clean(path.slice(0, path.lastIndexOf('/') + 1))
}

/** From the last dot of the last part; `.bashrc` is all extension. */
function extension(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return dot < 0 ? '' : name.slice(dot)
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/')
}

/** Sprig's paths; the `os` twins would differ on Windows only. */
export const pathFunctions: Functions = {
  base: fixed(['string'], base),
  clean: fixed(['string'], clean),
  dir: fixed(['string'], directory),
  ext: fixed(['string'], extension),
  isAbs: fixed(['string'], isAbsolute),
  osBase: fixed(['string'], base),
  osClean: fixed(['string'], clean),
  osDir: fixed(['string'], directory),
  osExt: fixed(['string'], extension),
  osIsAbs: fixed(['string'], isAbsolute),
}
