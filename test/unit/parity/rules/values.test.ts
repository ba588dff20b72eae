import { VALUES } from './values.ts'
import { walk } from './walk.ts'

walk(VALUES)
