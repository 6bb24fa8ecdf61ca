import { expect, it } from "vitest";
import type { Quota } from "../../jobs/store.ts";

const hour = 3_600_000;

/** What every quota keeps to; `open` gives an empty one. */
export function quotaContract(open: () => Promise<Quota>): void {
  it("gives as many as the limit says, then says how long to wait", async () => {
    const quota = await open();
    for (const id of ["a", "b", "c"]) expect(await quota.take("u", 3, hour, id)).toEqual({ ok: true });

    const refused = await quota.take("u", 3, hour, "d");

    if (refused.ok) throw new Error("a fourth was given");
    expect(refused.retryAfterMs).toBeGreaterThan(hour - 60_000);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(hour);
  });

  it("counts one that comes again once, also when all are taken", async () => {
    const quota = await open();
    for (const id of ["a", "a", "a", "b", "a"]) {
      expect(await quota.take("u", 2, hour, id)).toEqual({ ok: true });
    }

    expect((await quota.take("u", 2, hour, "c")).ok).toBe(false);
    expect((await quota.take("u", 2, hour, "a")).ok).toBe(true);
  });

  it("counts nothing that it refused", async () => {
    const quota = await open();
    await quota.take("u", 1, hour, "a");
    await quota.take("u", 1, hour, "b");

    await quota.giveBack("u", "a");

    expect((await quota.take("u", 1, hour, "c")).ok).toBe(true);
  });

  it("keeps those of others apart", async () => {
    const quota = await open();
    await quota.take("u", 1, hour, "a");

    expect((await quota.take("v", 1, hour, "a")).ok).toBe(true);
    expect((await quota.take("u", 1, hour, "b")).ok).toBe(false);
  });

  it("waits for several to leave where the limit was lowered", async () => {
    const quota = await open();
    for (const id of ["a", "b", "c"]) await quota.take("u", 3, hour, id);

    const refused = await quota.take("u", 1, hour, "d");

    expect(refused.ok).toBe(false);
  });
}
