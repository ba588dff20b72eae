import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { KubeApi } from '../../src/kube/api.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { createHttpClient } from '../../src/sync/transport.ts'
import {
  HOME,
  installedObjects,
  type Right,
  rolesFor,
  rolesWithout,
} from '../unit/sync/controller/plugin-rights.ts'
import { adminOf } from '../unit/sync/controller/story.ts'
import { type Bed, openBed, writePrivate } from './bed.ts'
import { type Replicas, startReplicas } from './replicas.ts'

// The cluster of test/e2e/controller-rights.test.ts: an API server with an audit log, the CustomResourceDefinitions of
// External Secrets, and the admission plugin of OpenShift that asks for rights on finalizers.

export interface RightsWorld {
  readonly bed: Bed
  readonly replicas: Replicas
  readonly kube: KubeApi
  readonly apply: (...objects: readonly JsonObject[]) => Promise<void>
  /** Takes it from the installed controller. */
  readonly take: (right: Right) => Promise<{ readonly giveBack: () => Promise<void> }>
  /** A ServiceAccount that has all rights of the installed one but for these; again to give or take others. */
  readonly account: (name: string, ...without: readonly Right[]) => Promise<void>
  readonly close: () => void
}

const PLUGIN = '--enable-admission-plugins=OwnerReferencesPermissionEnforcement'

const POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: Metadata
  userGroups: ["system:serviceaccounts:waybill-system"]
  omitStages: [RequestReceived]
- level: None
`

export async function openRightsWorld(
  name: string,
  namespaces: readonly string[],
): Promise<RightsWorld> {
  const bed = openBed(name)
  const audit = join(bed.state, 'audit.log')
  const policy = writePrivate(join(bed.state, 'audit.yaml'), POLICY)
  const flags = `--audit-log-path=${audit} --audit-policy-file=${policy} ${PLUGIN}`
  bed.up('api', { APISERVER_FLAGS: flags })
  bed.kubectl(['apply', '--server-side', ...crds()])
  const replicas = startReplicas(bed, audit)
  bed.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s'])
  const http = createHttpClient()
  const kube = await adminOf(join(bed.state, 'api/admin.kubeconfig'), http)
  const apply = async (...objects: readonly JsonObject[]): Promise<void> => {
    for (const object of objects) {
      await kube.apply(object, { fieldManager: 'kubectl', isForced: true, isDryRun: false })
    }
  }
  for (const namespace of namespaces) {
    const metadata = { name: namespace, labels: { team: 'a' } }
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata })
  }
  return {
    ...{ bed, replicas, kube, apply },
    take: async (right) => {
      const roles = rolesWithout(installedObjects(), right)
      await apply(...roles.map(({ less }) => less))
      return { giveBack: () => apply(...roles.map(({ whole }) => whole)) }
    },
    account: async (account, ...without) => {
      const metadata = { name: account, namespace: HOME }
      await apply(
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
        ...rolesFor(account, installedObjects(), ...without),
      )
    },
    close: () => {
      replicas.killAll()
      http.close()
      bed.down()
    },
  }
}

/** Of the kinds that are used, and of one generator. */
function crds(): readonly string[] {
  return readdirSync('test/eso-crds')
    .filter((file) => file.endsWith('.yaml'))
    .filter((file) => !file.startsWith('generators.') || file.endsWith('_passwords.yaml'))
    .flatMap((file) => ['-f', join('test/eso-crds', file)])
}
