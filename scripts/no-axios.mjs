// node-vault's own transport follows redirects with the token and prints bodies: every call goes through ours instead
// (docs/decisions), so axios is left out of the bundle.
const absent = () => {
  throw new Error('axios is not part of waybill')
}
export default Object.assign(absent, { create: () => absent, isAxiosError: () => false })
