export * from '../errors/hub-error.ts'
