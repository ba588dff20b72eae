import type { OutcomeError } from '../model/outcome.ts'
import type { Parity } from '../model/parity.ts'
import type { Secret } from '../model/secret.ts'
import type { TargetTemplate } from './target-template.ts'

// Trust: whoever may write an ExternalSecret must not be able to have a token minted for an identity that is not theirs
// (CVE-2026-42876). Such Secrets are refused before anything is rendered, and once more when they are complete.

const SERVICE_ACCOUNT_TOKEN = 'kubernetes.io/service-account-token'
const BOOTSTRAP_TOKEN = 'bootstrap.kubernetes.io/token'
const SERVICE_ACCOUNT_NAME = 'kubernetes.io/service-account.name'

const TYPE_FIELD = 'spec.target.template.type'

/** What ESO refuses in a template, too (R66, R180), and finalizers. `hasPaths`: the target is no Secret (R181). */
export function refuseTemplate(
  template: TargetTemplate,
  parity: Parity,
  hasPaths = false,
): readonly OutcomeError[] {
  const errors: OutcomeError[] = []
  // A finalizer that no controller takes away keeps the Secret, and its namespace, from ever going (MT-7).
  if (parity.refusesTemplateFinalizers && template.finalizers.length > 0) {
    const field = 'spec.target.template.metadata.finalizers'
    errors.push(notAllowed(field, 'finalizers are not allowed: nobody would take them away again'))
  }
  if (template.engineVersion !== 'v2') {
    errors.push({
      code: 'Unsupported',
      field: 'spec.target.template.engineVersion',
      message: 'only template engine v2 is supported',
    })
  }
  if (template.type === BOOTSTRAP_TOKEN) {
    errors.push(notAllowed(TYPE_FIELD, `type ${BOOTSTRAP_TOKEN} is not allowed`))
  }
  if (template.type === SERVICE_ACCOUNT_TOKEN && namesAccount(template)) {
    errors.push(
      notAllowed(
        TYPE_FIELD,
        `type ${SERVICE_ACCOUNT_TOKEN} with templated annotations is not allowed`,
      ),
    )
  }
  for (const [index, { target }] of template.templateFrom.entries()) {
    const isKnown = ['', 'data', 'annotations', 'labels'].includes(target.toLowerCase())
    const field = `spec.target.template.templateFrom[${index}].target`
    if (!isKnown && !hasPaths) errors.push(notAllowed(field, 'must be Data, Annotations or Labels'))
  }
  return errors
}

function namesAccount({ annotations, templateFrom }: TargetTemplate): boolean {
  return (
    annotations.has(SERVICE_ACCOUNT_NAME) ||
    templateFrom.some(({ target }) => target.toLowerCase() === 'annotations')
  )
}

/** Looks at the complete Secret, so that no way of composing one (an existing type, a copied annotation) gets past. */
export function refuseForbidden(secret: Secret, parity: Parity): readonly OutcomeError[] {
  if (!parity.refusesTokenSecrets) return []
  const errors: OutcomeError[] = []
  if (secret.type === SERVICE_ACCOUNT_TOKEN || secret.type === BOOTSTRAP_TOKEN) {
    errors.push(notAllowed(TYPE_FIELD, `type ${secret.type} is not allowed`))
  }
  if (secret.annotations.has(SERVICE_ACCOUNT_NAME)) {
    const message = `annotation ${SERVICE_ACCOUNT_NAME} is not allowed`
    errors.push(notAllowed('metadata.annotations', message))
  }
  return errors
}

function notAllowed(field: string, message: string): OutcomeError {
  return { code: 'NotAllowed', field, message }
}
