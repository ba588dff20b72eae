import type { KubeError } from '../../kube/api.ts'
import { type FollowClock, follow } from '../../kube/follow.ts'
import type { Listing } from '../../kube/list.ts'
import type { KubeWatch } from '../../kube/watch.ts'
import type { JsonObject } from '../../model/json.ts'

/** What of a kind is followed, and who is told. */
export interface Followed {
  readonly listing: Listing
  readonly onChange: (object: JsonObject, isGone: boolean) => void
  readonly onListed: () => void
  /** Given for a kind that may be absent: told with the API server's refusal each time that we may not see it. */
  readonly onForbidden?: ((error: KubeError) => void) | undefined
  /** See `Follower.shape`. */
  readonly shape?: ((object: JsonObject) => JsonObject) | undefined
}

/** The watches of one source, and how they are. */
export interface Followers {
  /** Follows until the signal aborts. */
  readonly follow: (followed: Followed, signal: AbortSignal) => Promise<void>
  /** Whether each has listed once. */
  readonly isSynced: () => boolean
  /** When the one that has been silent longest heard of the API server. */
  readonly heardMs: () => number
}

/** No watches yet. */
export function createFollowers(
  openWatch: (signal: AbortSignal) => KubeWatch,
  clock: FollowClock,
  onTrouble: (listing: Listing, error: KubeError) => void,
): Followers {
  const heard = new Map<Listing, number>()
  const waiting = new Set<Listing>()
  return {
    follow: ({ listing, onChange, onListed, onForbidden, shape }, signal) => {
      heard.set(listing, clock.nowMs())
      waiting.add(listing)
      const onAbsent = (error: KubeError): void => {
        // What is not there has been seen.
        waiting.delete(listing)
        if (error.code === 'forbidden') onForbidden?.(error)
      }
      const follower = {
        listing,
        onChange,
        onListed: () => {
          waiting.delete(listing)
          onListed()
        },
        onHeard: () => void heard.set(listing, clock.nowMs()),
        onTrouble: (error: KubeError) => onTrouble(listing, error),
        onAbsent: onForbidden === undefined ? undefined : onAbsent,
        shape,
      }
      return follow(openWatch(signal), follower, { clock, signal })
    },
    isSynced: () => heard.size > 0 && waiting.size === 0,
    heardMs: () => Math.min(...heard.values()),
  }
}
