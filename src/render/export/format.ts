import type {RecordedBucket} from '../../snapshot/recorded-bucket.ts'

/** Makes of buckets, in the order of time, the pieces of a text. Takes them as they are wanted: what is slow to be read holds the rest back. */
export type ExportFormat = (buckets: AsyncIterable<RecordedBucket>) => AsyncIterable<string>
