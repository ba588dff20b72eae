import { ParseError } from './failure.ts'
import { lexer } from './lexer.ts'
import type { Token } from './token.ts'

/** Tokens with look-ahead: what was taken can be put back. They are read lazily, so that the first mistake is the one reported. */
export interface Tokens {
  readonly next: () => Token
  readonly back: () => void
  /** Puts everything back from a token that was taken before. */
  readonly backTo: (token: Token) => void
  readonly peek: () => Token
  readonly nextNonSpace: () => Token
  readonly peekNonSpace: () => Token
}

/**
 * Tokens of a template. Invariant: a token handed out stays the same object, so `backTo` can find
 * it.
 */
export function readTokens(input: string): Tokens {
  const read = lexer(input)
  // Kept to the end: a template is small, and `backTo` may go back any distance.
  const seen: Token[] = []
  let at = 0
  const next = (): Token => {
    if (at === seen.length) seen.push(read())
    return seen[at++] as Token
  }
  const back = (): void => {
    at--
  }
  const backTo = (token: Token): void => {
    at = seen.lastIndexOf(token)
  }
  const nextNonSpace = (): Token => {
    let token = next()
    while (token.name === 'space') token = next()
    return token
  }
  const peeked = (take: () => Token): Token => {
    const token = take()
    at--
    return token
  }
  return {
    next,
    back,
    backTo,
    nextNonSpace,
    peek: () => peeked(next),
    peekNonSpace: () => peeked(nextNonSpace),
  }
}

/** Throws ParseError at the token's line; parse errors have no column, as in Go. */
export function failAt(token: Token, message: string): never {
  throw new ParseError(message, token.line)
}

/** A token that is out of place. Literals are not quoted: a template may hold one that is secret. */
export function unexpected(token: Token, context: string): never {
  return failAt(token, `unexpected ${describe(token)} in ${context}`)
}

/** Names and keywords are shown, every kind of literal is called by its kind. */
function describe({ name, text }: Token): string {
  switch (name) {
    case 'eof':
      return 'end of template'
    case 'keyword':
      return `{{${text}}}`
    case 'char':
    case 'field':
    case 'identifier':
    case 'variable':
      return text
    case 'leftParen':
      return '('
    case 'rightDelimiter':
      return '}}'
    default:
      return name
  }
}
