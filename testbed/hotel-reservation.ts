/** The services of the generated system: who calls whom, how long a call takes, and what it writes. */
export interface ServicePlan {
  readonly name: string;
  readonly instances: number;
  /** Own time of one request, milliseconds. */
  readonly ownMs: number;
  readonly operation: string;
  readonly cpuPercent: number;
  readonly memoryMb: number;
  readonly calls: readonly string[];
  readonly log: string;
  readonly warning: string | null;
}

const store = (name: string, ownMs: number): ServicePlan => ({
  name,
  instances: 1,
  ownMs,
  operation: "find",
  cpuPercent: 6,
  memoryMb: 380,
  calls: [],
  log: "connection accepted from {address} #{number}",
  warning: "Slow query: plan COLLSCAN docsExamined {number} took {ms}ms",
});

export const services: readonly ServicePlan[] = [
  {
    name: "frontend",
    instances: 2,
    ownMs: 3,
    operation: "GET /hotels",
    cpuPercent: 22,
    memoryMb: 120,
    calls: ["search", "profile", "recommendation", "reservation", "user"],
    log: "request done path=/hotels status=200 took={ms}ms",
    warning: "slow client {address}, response buffered",
  },
  {
    name: "search",
    instances: 2,
    ownMs: 2,
    operation: "/search.Search/Nearby",
    cpuPercent: 15,
    memoryMb: 80,
    calls: ["geo", "rate"],
    log: "nearby search lat={coordinate} lon={coordinate} hotels={count}",
    warning: null,
  },
  {
    name: "geo",
    instances: 2,
    ownMs: 2,
    operation: "/geo.Geo/Nearby",
    cpuPercent: 12,
    memoryMb: 70,
    calls: ["mongodb-geo"],
    log: "geo point query lat={coordinate} lon={coordinate} points={count}",
    warning: null,
  },
  {
    name: "rate",
    instances: 1,
    ownMs: 2,
    operation: "/rate.Rate/GetRates",
    cpuPercent: 14,
    memoryMb: 75,
    calls: ["memcached-rate", "mongodb-rate"],
    log: "rates for {count} hotels, {count} from cache",
    warning: "cache miss for hotel {number}",
  },
  {
    name: "profile",
    instances: 2,
    ownMs: 2,
    operation: "/profile.Profile/GetProfiles",
    cpuPercent: 13,
    memoryMb: 90,
    calls: ["memcached-profile", "mongodb-profile"],
    log: "profiles loaded n={count}",
    warning: "cache miss for hotel {number}",
  },
  {
    name: "recommendation",
    instances: 1,
    ownMs: 3,
    operation: "/recommendation.Recommendation/GetRecommendations",
    cpuPercent: 10,
    memoryMb: 85,
    calls: ["mongodb-recommendation"],
    log: "recommend by {word}: {count} hotels",
    warning: null,
  },
  {
    name: "reservation",
    instances: 1,
    ownMs: 3,
    operation: "/reservation.Reservation/CheckAvailability",
    cpuPercent: 11,
    memoryMb: 95,
    calls: ["mongodb-reservation"],
    log: "availability hotel={number} rooms={count}",
    warning: "hotel {number} is nearly sold out",
  },
  {
    name: "user",
    instances: 1,
    ownMs: 1,
    operation: "/user.User/CheckUser",
    cpuPercent: 5,
    memoryMb: 60,
    calls: ["mongodb-user"],
    log: "user Cornell_{number} checked ok",
    warning: "wrong password for user Cornell_{number}",
  },
  store("mongodb-geo", 2),
  store("mongodb-rate", 2),
  store("mongodb-profile", 2),
  store("mongodb-recommendation", 2),
  store("mongodb-reservation", 3),
  store("mongodb-user", 1),
  {
    ...store("memcached-rate", 0.4),
    operation: "get",
    memoryMb: 64,
    log: "lru crawler: {count} items freed",
    warning: null,
  },
  {
    ...store("memcached-profile", 0.4),
    operation: "get",
    memoryMb: 64,
    log: "lru crawler: {count} items freed",
    warning: null,
  },
];

/** A fixed suffix per instance, as a deployment would give it. */
export function instanceName(service: string, index: number): string {
  let hash = 2166136261;
  for (const character of `${service}/${index}`)
    hash = Math.imul(hash ^ character.charCodeAt(0), 16777619) >>> 0;
  const letters = "bcdfghjklmnpqrstvwxz2456789";
  const suffix = [0, 5, 10, 15, 20].map((shift) => letters[(hash >>> shift) % letters.length]).join("");
  return `${service}-${(hash >>> 3).toString(16).padStart(8, "0").slice(0, 8)}-${suffix}`;
}
