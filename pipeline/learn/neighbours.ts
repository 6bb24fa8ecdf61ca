import { z } from "zod";

/** What was seen, to be compared with. */
export const Neighbours = z.object({
  classes: z.number().int().positive(),
  rows: z.array(z.array(z.number())),
  labels: z.array(z.number().int().nonnegative()),
});
export type Neighbours = z.infer<typeof Neighbours>;

const nearest = 5;

/**
 * How much the five nearest rows speak for each class, the nearer the more.
 *
 * Shape:  a probability for each class; all zero where nothing was ever seen.
 * Source: distance-weighted k nearest neighbours (Dudani, IEEE Trans. SMC 6, 1976).
 */
export function neighbourVotes({ classes, rows, labels }: Neighbours, row: Float64Array): Float64Array {
  const closest: { distance: number; label: number }[] = [];
  rows.forEach((other, index) => {
    let distance = 0;
    const limit = closest.length < nearest ? Number.POSITIVE_INFINITY : (closest.at(-1)?.distance ?? 0);
    for (let i = 0; i < other.length && distance < limit; i++)
      distance += ((other[i] ?? 0) - (row[i] ?? 0)) ** 2;
    if (distance >= limit) return;
    const at = closest.findIndex((one) => one.distance > distance);
    closest.splice(at < 0 ? closest.length : at, 0, { distance, label: labels[index] ?? 0 });
    closest.length = Math.min(closest.length, nearest);
  });
  const votes = new Float64Array(classes);
  let total = 0;
  for (const { distance, label } of closest) {
    const weight = 1 / (Math.sqrt(distance) + 1e-6);
    votes[label] = (votes[label] ?? 0) + weight;
    total += weight;
  }
  return total > 0 ? votes.map((vote) => vote / total) : votes;
}
