export * from '../errors/closest.ts'
