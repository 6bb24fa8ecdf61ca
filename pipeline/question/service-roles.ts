export interface ServiceRole {
  /** What people call such a service. */
  readonly called: RegExp;
  /** How services of the kind are named. */
  readonly named: RegExp;
}

export const serviceRoles: readonly ServiceRole[] = [
  {
    called:
      /(?<!\p{L})(?:databases?|dbs?|data ?stores?|storage|mongo(?:db)?|mysql|postgres(?:ql)?|datenbank(?:en)?|base de (?:données|datos|dados)|banco de dados)(?!\p{L})/iu,
    named:
      /mongo|mysql|maria|postgres|pgsql|sql|cassandra|cockroach|dynamo|oracle|couch|(?:^|[-_])db(?:$|[-_\d])|database/iu,
  },
  {
    called: /(?<!\p{L})(?:caches?|caching|memcached?|redis)(?!\p{L})/iu,
    named: /memcache|redis|cache|varnish|hazelcast/iu,
  },
  {
    called: /(?<!\p{L})(?:queues?|brokers?|message bus|kafka|rabbitmq)(?!\p{L})/iu,
    named: /kafka|rabbit|nats|queue|pulsar|activemq|sqs/iu,
  },
  {
    called: /(?<!\p{L})(?:front ?end|ui|website|gateway)(?!\p{L})/iu,
    named: /front|(?:^|[-_])ui(?:$|[-_])|web|gateway|nginx|ingress/iu,
  },
];
