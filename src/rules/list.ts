import { admission } from './admission.ts'
import { autoDecoding } from './auto-decoding.ts'
import { clusterStoreNeedsNamespace } from './cluster-store-needs-namespace.ts'
import { clusterStoreOpen } from './cluster-store-open.ts'
import { deleteNeedsOwner } from './delete-needs-owner.ts'
import { duplicateObject } from './duplicate-object.ts'
import { duplicateTarget } from './duplicate-target.ts'
import { findWithoutCriteria } from './find-without-criteria.ts'
import { generatorRefInData } from './generator-ref-in-data.ts'
import { gjsonOperatorInProperty } from './gjson-operator-in-property.ts'
import { invalidCron } from './invalid-cron.ts'
import { invalidDuration } from './invalid-duration.ts'
import { invalidLabel } from './invalid-label.ts'
import { invalidObjectName } from './invalid-object-name.ts'
import { invalidPattern } from './invalid-pattern.ts'
import { invalidSecretKey } from './invalid-secret-key.ts'
import { keysAndValuesQuote } from './keys-and-values-quote.ts'
import type { Rule } from './rule.ts'
import { schema } from './schema.ts'
import { secretstoreForeignNamespace } from './secretstore-foreign-namespace.ts'
import { storeClass } from './store-class.ts'
import { storeExactlyOneProvider } from './store-exactly-one-provider.ts'
import { storeIsDeclared } from './store-is-declared.ts'
import { storeNamespaceRegexes } from './store-namespace-regexes.ts'
import { storePlainHttp } from './store-plain-http.ts'
import { storeRefAlone } from './store-ref-alone.ts'
import { storeRefMissing } from './store-ref-missing.ts'
import { storeRefreshInterval } from './store-refresh-interval.ts'
import { targetManifest } from './target-manifest.ts'
import { templateFinalizers } from './template-finalizers.ts'
import { templateTarget } from './template-target.ts'
import { unanchoredRegexp } from './unanchored-regexp.ts'
import { unknownKind } from './unknown-kind.ts'
import { unknownVersion } from './unknown-version.ts'
import { v1beta1 } from './v1beta1.ts'
import { vaultPathAmbiguous } from './vault-path-ambiguous.ts'

/** Every rule, in the order of the manual. A new one is a file, a line here, and nothing else. */
export const RULES: readonly Rule[] = [
  schema,
  unknownKind,
  unknownVersion,
  v1beta1,
  admission,
  duplicateObject,
  duplicateTarget,
  invalidObjectName,
  invalidSecretKey,
  invalidLabel,
  invalidDuration,
  invalidCron,
  invalidPattern,
  storeIsDeclared,
  storeRefMissing,
  storeRefAlone,
  storeClass,
  storeExactlyOneProvider,
  storeRefreshInterval,
  storePlainHttp,
  storeNamespaceRegexes,
  secretstoreForeignNamespace,
  clusterStoreNeedsNamespace,
  clusterStoreOpen,
  generatorRefInData,
  templateTarget,
  templateFinalizers,
  targetManifest,
  findWithoutCriteria,
  deleteNeedsOwner,
  autoDecoding,
  gjsonOperatorInProperty,
  keysAndValuesQuote,
  vaultPathAmbiguous,
  unanchoredRegexp,
]
