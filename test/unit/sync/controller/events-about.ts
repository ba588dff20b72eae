import { dig, type JsonObject } from '../../../../src/model/json.ts'
import type { KubeServer } from '../../../servers/kube.ts'

/** `type reason message` of the events about objects of a kind, by when they were told. */
export function eventsAbout(server: KubeServer, kind: string): readonly string[] {
  const version = (event: JsonObject): number => Number(dig(event, 'metadata', 'resourceVersion'))
  return ['shop', 'default']
    .flatMap((namespace) => server.objects('Event', namespace))
    .filter((event) => dig(event, 'involvedObject', 'kind') === kind)
    .sort((a, b) => version(a) - version(b))
    .map(({ type, reason, message }) => `${type} ${reason} ${message}`)
}
