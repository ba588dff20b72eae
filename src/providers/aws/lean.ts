// The SDK puts a call together anew each time: it sorts its middleware, spells its user agent, copies what went in and out
// for a logger that is not there, counts retries that are off, and makes a signer. That is more than half of what a batch
// costs. Here it is done once per client; serialization, signing and reading of the answer stay the SDK's.

/** What goes down the middleware: the request, once it is made of the input. */
interface Passing {
  readonly input: object
  readonly request?: unknown
}

/** One step of a call, and what comes after it. */
type Step<Result> = (passing: Passing) => Promise<Result>

/** As much of a client of the SDK as is changed here. */
interface Client {
  readonly middlewareStack: {
    remove(name: string): boolean
    add(step: <Result>(next: Step<Result>) => Step<Result>, place: object): void
  }
  readonly config: {
    signer(scheme?: Scheme): Promise<unknown>
    readonly requestHandler: {
      handle(request: Signed, options?: object): Promise<unknown>
    }
  }
  send(command: Passing, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>
}

/** What a signer is made for. */
interface Scheme {
  readonly name?: string
  readonly signingName?: string
  readonly signingRegion?: string
}

/** A request that goes out as it is. */
interface Signed {
  readonly headers: Record<string, string>
}

/** Left out: none of them does anything for us. */
const IDLE = ['loggerMiddleware', 'recursionDetectionMiddleware', 'getUserAgentMiddleware']

/** As in AWS's own logs of who called. */
const USER_AGENT = 'app/waybill'

/** The same client, its calls made of parts that are kept. It needs the option `cacheMiddleware`. */
export function lean<Service extends Client>(client: Service): Service {
  const { middlewareStack } = client
  for (const name of IDLE) middlewareStack.remove(name)
  // The signature is placed after it, so it is replaced and not left out: retries are ours.
  middlewareStack.add((next) => next, {
    name: 'retryMiddleware',
    step: 'finalizeRequest',
    priority: 'high',
    override: true,
  })
  keepSigners(client)
  carrySignals(client)
  return client
}

/** A signer asks for the keys each time that it signs, so a new session needs no new signer. */
function keepSigners({ config }: Client): void {
  const make = config.signer.bind(config)
  const known = new Map<string, Promise<unknown>>()
  config.signer = (scheme) => {
    const id = `${scheme?.name} ${scheme?.signingName} ${scheme?.signingRegion}`
    const signer = known.get(id) ?? make(scheme)
    known.set(id, signer)
    return signer
  }
}

/**
 * The SDK keeps the parts of a call only when the call has no options. The signal that ends it is the one that we give, so it
 * takes another way: from the input to the request that is made of it, and from there to the connection.
 */
function carrySignals(client: Client): void {
  const signals = new WeakMap<object, AbortSignal>()
  const carry = (from: object, to: unknown): void => {
    const signal = signals.get(from)
    if (signal !== undefined && typeof to === 'object' && to !== null) signals.set(to, signal)
  }
  client.middlewareStack.add(
    (next) => (args) => {
      carry(args.input, args.request)
      return next(args)
    },
    { name: 'signalMiddleware', step: 'deserialize', priority: 'low' },
  )
  const { requestHandler } = client.config
  const handle = requestHandler.handle.bind(requestHandler)
  requestHandler.handle = (request, options) => {
    request.headers['user-agent'] = USER_AGENT
    return handle(request, { ...options, abortSignal: signals.get(request) })
  }
  const send = client.send.bind(client)
  client.send = (command, options) => {
    if (options?.abortSignal) signals.set(command.input, options.abortSignal)
    return send(command)
  }
}
