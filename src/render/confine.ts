import { promises } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { RenderError } from './render-error.ts'

// A tenant's paths end at the repository. Argo CD starts us in the application's folder of a fresh copy and says where that
// folder is in the repository, from which the root follows; anywhere else the root is the folder itself.

const DEPTH_MAX = 64

/** Real path of the repository that `folder` belongs to; `sourcePath` is ARGOCD_APP_SOURCE_PATH. */
export async function repositoryRoot(
  folder: string,
  sourcePath: string | undefined,
): Promise<string> {
  const real = await promises.realpath(folder)
  let root = real
  const names = (sourcePath ?? '').split('/').filter((name) => name !== '' && name !== '.')
  for (const name of names.reverse()) {
    // Only believed as far as it fits: a wrong path must not widen what may be read.
    if (name !== basename(root)) return real
    root = dirname(root)
  }
  return root === sep ? real : root
}

/** Absolute path of a file of the repository, named relative to `folder`. Throws RenderError when it leads out of it. */
export async function confined(
  path: string,
  { folder, root }: { readonly folder: string; readonly root: string },
): Promise<string> {
  const quoted = JSON.stringify(path)
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) {
    throw new RenderError(
      `${quoted} is an address: nothing is fetched while rendering`,
      undefined,
      'usage',
    )
  }
  const absolute = resolve(folder, path)
  const real = await promises.realpath(absolute).catch(() => undefined)
  // Whether something exists outside is nobody's business: the answer is the same either way.
  if (real === undefined ? isInside(absolute, root) : isInside(real, root)) {
    if (real !== undefined) return real
    throw new RenderError(
      `${quoted} does not exist`,
      'paths are relative to the application',
      'usage',
    )
  }
  throw new RenderError(
    `${quoted} leads out of the repository`,
    'name a file of the repository',
    'usage',
  )
}

/** Refuses a folder in which a symlink leads out of `root`: helm follows them without a word. */
export async function checkSymlinks(folder: string, root: string, depth = 0): Promise<void> {
  if (depth > DEPTH_MAX) {
    throw new RenderError(`${basename(folder)} is deeper than ${DEPTH_MAX} directories`)
  }
  for (const entry of await promises.readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await checkSymlinks(path, root, depth + 1)
    else if (!entry.isFile()) await checkLink(path, root)
  }
}

/**
 * Trust: the repository is a tenant's. The target is resolved first, so a chain of links cannot
 * lead out.
 */
async function checkLink(path: string, root: string): Promise<void> {
  const name = JSON.stringify(basename(path))
  if (!(await promises.lstat(path)).isSymbolicLink()) {
    throw new RenderError(`${name} is neither a file nor a directory`)
  }
  const real = await promises.realpath(path).catch(() => undefined)
  if (real === undefined || !isInside(real, root)) {
    throw new RenderError(
      `${name} is a symlink that leads out of the repository`,
      'replace the link by the file it names',
    )
  }
}

/** Compares whole names of directories: `/a/bc` is not inside `/a/b`. */
function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}
