import { SECRET } from './secret.ts'
import { walk } from './walk.ts'

walk(SECRET)
