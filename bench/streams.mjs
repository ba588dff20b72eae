// A deterministic stream of manifests like those of a large render: seven common kinds, half of the ConfigMaps with block
// scalars that hold `---`, 0.4 % CRDs of 10 to 60 KB, 2 % ExternalSecrets with three entries, about half of the documents
// with a `# Source:` comment. Made on the spot, never stored.

/** A small generator of repeatable numbers in [0, 1): the stream is the same everywhere. */
function numbers(seed) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const metadata = (name) => `metadata:
  name: ${name}
  namespace: shop
  labels:
    app.kubernetes.io/name: ${name}
    app.kubernetes.io/managed-by: platform
`

const makers = [
  (name, next) => `apiVersion: apps/v1
kind: Deployment
${metadata(name)}spec:
  replicas: ${1 + Math.floor(next() * 5)}
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
    spec:
      containers:
${[0, 1, 2]
  .map(
    (i) => `        - name: c${i}
          image: example/app-${i}:1.${Math.floor(next() * 100)}
          ports: [{containerPort: ${8000 + i}}]
          env:
${[0, 1, 2, 3, 4, 5].map((e) => `            - {name: SETTING_${e}, value: "value-${Math.floor(next() * 1e6)}"}`).join('\n')}
          resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}}
          livenessProbe: {httpGet: {path: /live, port: ${8000 + i}}, periodSeconds: 10}`,
  )
  .join('\n')}
`,
  (name, next) => {
    const isBlock = next() < 0.5
    const lines = Array.from(
      { length: 30 },
      (_, i) => `    line ${i}: ${Math.floor(next() * 1e9)} lorem ipsum dolor`,
    )
    const data = isBlock
      ? `  file.conf: |\n    ---\n${lines.join('\n')}\n    ---\n`
      : `  a: "1"\n  b: two\n`
    return `apiVersion: v1\nkind: ConfigMap\n${metadata(name)}data:\n${data}`
  },
  (name) => `apiVersion: v1
kind: Service
${metadata(name)}spec:
  selector: {app: ${name}}
  ports: [{port: 80, targetPort: 8000, name: http}]
`,
  (name) => `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
${metadata(name)}rules:
  - apiGroups: [""]
    resources: [configmaps, pods]
    verbs: [get, list, watch]
`,
  (name) => `apiVersion: networking.k8s.io/v1
kind: Ingress
${metadata(name)}spec:
  rules:
    - host: ${name}.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ${name}, port: {number: 80}}}}]}
`,
  (name) => `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
${metadata(name)}spec:
  minReplicas: 1
  maxReplicas: 10
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ${name}}
`,
  (name) => `apiVersion: v1\nkind: ServiceAccount\n${metadata(name)}`,
]

const externalSecret = (name) => `apiVersion: external-secrets.io/v1
kind: ExternalSecret
${metadata(name)}spec:
  refreshInterval: 1h
  secretStoreRef: {name: vault, kind: SecretStore}
  target: {name: ${name}}
  data:
    - {secretKey: user, remoteRef: {key: apps/${name}, property: user}}
    - {secretKey: password, remoteRef: {key: apps/${name}, property: password}}
    - {secretKey: token, remoteRef: {key: shared/token}}
`

const crd = (name, next) => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: ${name}s.example.com
spec:
  group: example.com
  names: {kind: Thing, plural: ${name}s}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
${Array.from({ length: 100 + Math.floor(next() * 500) }, (_, i) => `            field${i}:\n              description: a field that says something about ${i}\n              type: string`).join('\n')}
`

const store = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec:
  provider:
    vault: {server: "https://vault.example.com", path: secret, version: v2, auth: {tokenSecretRef: {name: vault-token, key: token}}}
`

/** Yields the documents of a stream of about `bytes` bytes, with `share` of them ExternalSecrets. */
export function* documents(bytes, share = 0.02) {
  const next = numbers(42)
  let written = store.length
  yield store
  for (let i = 0; written < bytes; i++) {
    const name = `app-${i}`
    const dice = next()
    const make = makers[Math.floor(next() * makers.length)]
    const body =
      dice < share
        ? externalSecret(name)
        : dice < share + 0.004
          ? crd(name, next)
          : make(name, next)
    const text = `---\n${next() < 0.5 ? `# Source: chart/templates/${name}.yaml\n` : ''}${body}`
    written += text.length
    yield text
  }
}
