import { type Tensor, tensor } from "./tape.ts";
import type { Random } from "./xoshiro.ts";

/** Rows of equal length as one matrix. */
export function stackedRows(rows: readonly Float64Array[]): Tensor {
  const cols = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * cols);
  rows.forEach((row, index) => {
    data.set(row, index * cols);
  });
  return tensor(rows.length, cols, data);
}

/** The items in an order that only `random` decides. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

/** Whole batches of at most `size` rows; what is left over waits for the next epoch. */
export function batchesOf(rows: readonly Float64Array[], size: number): Tensor[] {
  const each = Math.min(size, rows.length);
  if (each === 0) return [];
  return Array.from({ length: Math.floor(rows.length / each) }, (_, i) =>
    stackedRows(rows.slice(i * each, (i + 1) * each)),
  );
}
