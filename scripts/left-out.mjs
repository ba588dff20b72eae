// Stands in for what libraries bring and no call of ours ever reaches. Transports (docs/decisions/0006): node-vault's axios sends
// tokens along on redirects, the Kubernetes client's undici and generated API are three quarters of its size. And the help of yargs.
const absent = () => {
  throw new Error('this part of a library is not part of waybill')
}

class Absent {
  constructor() {
    absent()
  }
}

export const create = () => absent
export const isAxiosError = () => false
export const Agent = Absent
export const ProxyAgent = Absent
export const ServerConfiguration = Absent
export const createConfiguration = absent
export const setHeaderMiddleware = absent
export default Object.assign(absent, { create, isAxiosError })
