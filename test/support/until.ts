import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `check` says true; fails after `limitMs`. */
export async function until(check: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`not so after ${limitMs} ms`);
    await sleep(20);
  }
}
