export * from '../errors/exit-codes.ts'
