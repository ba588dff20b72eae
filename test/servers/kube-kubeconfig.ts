/** A kubeconfig for the API server of the tests. */
export function kubeconfig(
  server: string,
  ca: string,
  { token, namespace }: { readonly token: string; readonly namespace: string },
): string {
  const authority = Buffer.from(ca).toString('base64')
  return `apiVersion: v1
kind: Config
current-context: test
clusters:
- name: test
  cluster:
    server: ${server}
    certificate-authority-data: ${authority}
users:
- name: test
  user:
    token: ${token}
contexts:
- name: test
  context: {cluster: test, user: test, namespace: ${namespace}}
`
}
