// What a child wrote to stderr, fit for a terminal, a CI log and the Argo CD UI: no control characters, no temporary paths,
// a bounded tail. Trust: it may quote whatever the manifests hold.

const SPOKEN_CHARS_MAX = 2500

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
/** The folder that Argo CD's plugin server unpacks a repository into, and temporary folders of kustomize and helm. */
const WORK_FOLDER = /_cmp_server\/[0-9a-f-]{36}\/?/g
const PATH_BEGINS_AFTER = /[\s'"`(]/
const TEMPORARY = /\/(?:private\/)?(?:tmp|var\/folders)\/[^\s'"`:;,)]+/g

/** The last lines of `text`, cleaned. */
export function spokenText(text: string, hidden: readonly string[]): string {
  let clean = text.replace(ESCAPES, '').replace(CONTROLS, '')
  for (const folder of hidden) clean = withoutFolder(clean, folder)
  clean = withoutWorkFolders(clean).replace(TEMPORARY, '‹temporary›')
  const lines = clean
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
  const kept: string[] = []
  let left = SPOKEN_CHARS_MAX
  for (const line of lines.reverse()) {
    left -= line.length + 1
    if (left < 0) {
      if (kept.length === 0) kept.unshift(`${line.slice(0, SPOKEN_CHARS_MAX)}…`)
      break
    }
    kept.unshift(line)
  }
  return kept.join('\n')
}

/** Paths of the machine that renders mean nothing to whoever reads the message. */
function withoutFolder(text: string, folder: string): string {
  return folder === '/' || folder === ''
    ? text
    : text.replaceAll(`${folder}/`, '').replaceAll(folder, '.')
}

/** Takes the path before the folder away too; a regexp for that would take the square of a long line's time. */
function withoutWorkFolders(text: string): string {
  let clean = ''
  let from = 0
  for (const { index, 0: found } of text.matchAll(WORK_FOLDER)) {
    let start = index
    while (start > from && !PATH_BEGINS_AFTER.test(text.charAt(start - 1))) start--
    clean += text.slice(from, start)
    from = index + found.length
  }
  return clean + text.slice(from)
}
