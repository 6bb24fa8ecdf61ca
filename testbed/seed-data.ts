import { createHash } from "node:crypto";
import type { StoreName } from "./hotel.ts";
import type { Random } from "./random.ts";

export const hotelCount = 80;
export const userCount = 100;
export const center = { latitude: 37.77, longitude: -122.42 };
/** Half the side of the square that hotels and searches lie in, in degrees. */
export const spread = 0.12;
const cities = ["Harbour", "Mission", "Sunset", "Marina", "Castro"] as const;

export type Command = readonly [name: string, ...words: (string | number)[]];

/** What the stores hold at the start: the same hotels, rates and users for the same seed. */
export function seedCommands(random: Random): Readonly<Partial<Record<StoreName, readonly Command[]>>> {
  const place = () => ({
    latitude: center.latitude + spread * (2 * random.uniform() - 1),
    longitude: center.longitude + spread * (2 * random.uniform() - 1),
  });
  const ids = Array.from({ length: hotelCount }, (_unused, index) => String(index + 1));
  return {
    "geo-store": ids.map((id) => {
      const { latitude, longitude } = place();
      return ["GEOADD", "hotels", longitude, latitude, id] as const;
    }),
    "rate-store": ids.map(
      (id) =>
        ["HSET", `rate:${id}`, "price", 80 + Math.floor(220 * random.uniform()), "code", "RACK"] as const,
    ),
    "profile-store": ids.map(
      (id) => ["HSET", `profile:${id}`, "name", `Hotel ${id}`, "city", random.pick(cities)] as const,
    ),
    "recommendation-store": ["price", "rate", "distance"].flatMap((by) =>
      ids.map((id) => ["ZADD", `by:${by}`, random.uniform(), id] as const),
    ),
    "user-store": Array.from(
      { length: userCount },
      (_unused, index) => ["HSET", `user:guest-${index}`, "password", sha256(`secret-${index}`)] as const,
    ),
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
