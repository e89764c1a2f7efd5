import {SourceError} from '../../snapshot/source-error.ts'

/** Brokers that Celery knows beside Redis, by the scheme of their URL; also with a `+driver` behind it. */
const brokers: Readonly<Record<string, string>> = {
  amqp: 'RabbitMQ',
  amqps: 'RabbitMQ',
  pyamqp: 'RabbitMQ',
  librabbitmq: 'RabbitMQ',
  sqs: 'Amazon SQS',
  kafka: 'Apache Kafka',
  confluentkafka: 'Apache Kafka',
  azureservicebus: 'Azure Service Bus',
  azurestoragequeues: 'Azure Storage Queues',
  gcpubsub: 'Google Cloud Pub/Sub',
  memory: 'the memory of one process',
  filesystem: 'files in a folder',
  sqla: 'an SQL database',
  sqlalchemy: 'an SQL database',
  mongodb: 'MongoDB',
  zookeeper: 'ZooKeeper',
  consul: 'Consul',
  etcd: 'etcd',
  qpid: 'Qpid',
  pyro: 'Pyro',
  slmq: 'SoftLayer Message Queue',
}

/** Other spellings of a Redis, which kombu does not know either. */
const misspelt: Readonly<Record<string, string>> = {
  valkey: 'redis://',
  valkeys: 'rediss://',
  redict: 'redis://',
  'redis+tls': 'rediss://',
  'redis+ssl': 'rediss://',
  'redis+sentinel': 'sentinel://',
  'rediss+socket': 'redis+socket://',
  http: 'redis://',
  https: 'rediss://',
}

/** Why an address with this scheme, in lower case, cannot be read. */
export function unsupportedScheme(scheme: string): SourceError {
  const broker = brokers[scheme.split('+')[0] ?? '']
  if (broker !== undefined)
    return unsupported(
      `the broker is ${broker} (${scheme}://): hub-mon reads Celery over Redis only; checks of Docker and Flower work without`,
    )
  const instead = misspelt[scheme]
  if (instead !== undefined)
    return unsupported(`${scheme}:// is no broker that Celery knows: write ${instead} as in its broker_url`)
  return unsupported(
    `${scheme}:// is not known: the address of a Redis starts with redis://, rediss://, redis+socket:// or sentinel://`,
  )
}

export function unsupported(message: string): SourceError {
  return new SourceError('unsupported', message)
}
