/**
 * What `act` takes of this process's CPU, in ms: a promise about time that other processes cannot break. Threads of the
 * process count, so tests of one process must not run at once.
 */
export function cpuMs(act: () => void): number {
  const before = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
