import { request } from "node:http";
import type { Random } from "./random.ts";
import { center, hotelCount, spread, userCount } from "./seed-data.ts";

const answerTimeoutMs = 5_000;
/** A day's wave is squeezed into this, so that a short recording sees some of it. */
const dayMs = 40 * 60_000;
const waveShare = 0.2;

export interface LoadOptions {
  /** Mean over a day. */
  readonly requestsPerSecond: number;
  readonly address: string;
  readonly random: Random;
}

export interface Load {
  readonly sent: () => number;
  readonly failed: () => number;
  stop(): void;
}

/**
 * Requests as people send them: open loop, so that a slow system does not slow its users down; the
 * times between two are exponential, the mean follows a day's wave.
 */
export function startLoad({ requestsPerSecond, address, random }: LoadOptions): Load {
  let sent = 0;
  let failed = 0;
  let timer: NodeJS.Timeout;
  const startedAt = performance.now();

  function next(): void {
    const wave = 1 + waveShare * Math.sin((2 * Math.PI * (performance.now() - startedAt)) / dayMs);
    const waitMs = (-Math.log(1 - random.uniform()) * 1_000) / (requestsPerSecond * wave);
    timer = setTimeout(() => {
      sent++;
      const [method, body] = anyRequest(random);
      post(address, method, body, () => {
        failed++;
      });
      next();
    }, waitMs);
  }

  next();
  return { sent: () => sent, failed: () => failed, stop: () => clearTimeout(timer) };
}

/** The mix of the original's own load generator: mostly searches. */
function anyRequest(random: Random): [method: string, body: Readonly<Record<string, unknown>>] {
  const kind = random.uniform();
  const guest = Math.floor(random.uniform() * userCount);
  const credentials = { name: `guest-${guest}`, password: `secret-${guest}` };
  if (kind < 0.6) {
    return [
      "hotels",
      {
        latitude: center.latitude + spread * (2 * random.uniform() - 1),
        longitude: center.longitude + spread * (2 * random.uniform() - 1),
      },
    ];
  }
  if (kind < 0.8) return ["recommendations", { by: random.pick(["price", "rate", "distance"]) }];
  if (kind < 0.9) return ["login", credentials];
  const hotel = 1 + Math.floor(random.uniform() * hotelCount);
  const date = `2026-12-${String(1 + Math.floor(random.uniform() * 28)).padStart(2, "0")}`;
  return ["reserve", { ...credentials, hotel: String(hotel), date }];
}

function post(
  address: string,
  method: string,
  body: Readonly<Record<string, unknown>>,
  failed: () => void,
): void {
  const sent = request(`http://${address}/frontend/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    timeout: answerTimeoutMs,
  });
  sent.on("response", (response) => {
    if (response.statusCode !== 200) failed();
    response.resume();
  });
  sent.on("timeout", () => sent.destroy());
  sent.on("error", failed);
  sent.end(JSON.stringify(body));
}
