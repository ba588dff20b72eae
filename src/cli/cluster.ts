// Entry of the cluster chunk: the commands that compute values. Nothing of it is loaded by the render side.
export { controller } from './controller.ts'
export { simulate } from './simulate.ts'
export { status } from './status.ts'
export { sync } from './sync.ts'
export { template } from './template.ts'
