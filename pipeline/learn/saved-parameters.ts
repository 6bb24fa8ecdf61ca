import type { Tensor } from "./tape.ts";

/** All entries, one parameter after another, rounded to Float32. */
export function savedParameters(parameters: readonly Tensor[]): number[] {
  return parameters.flatMap(({ data }) => Array.from(data, Math.fround));
}

/** Fills the parameters from what was saved of them; false, and nothing changed, where the number does not fit. */
export function restoreParameters(parameters: readonly Tensor[], saved: readonly number[]): boolean {
  const wanted = parameters.reduce((sum, { data }) => sum + data.length, 0);
  if (wanted !== saved.length) return false;
  let at = 0;
  for (const { data } of parameters) {
    for (let i = 0; i < data.length; i++) data[i] = saved[at + i] ?? 0;
    at += data.length;
  }
  return true;
}

/** The same from parameters of another network; false where the shapes differ. */
export function copyParameters(from: readonly Tensor[], into: readonly Tensor[]): boolean {
  const fits =
    from.length === into.length &&
    from.every(({ rows, cols }, index) => rows === into[index]?.rows && cols === into[index]?.cols);
  if (!fits) return false;
  from.forEach(({ data }, index) => {
    into[index]?.data.set(data);
  });
  return true;
}
