import { expect, it } from "vitest";
import type { Gate, Priority } from "../../connectors/llm/gate.ts";

/** What every gate does. `open` gives one with so many places, and `settled` waits until who waits has been looked at. */
export function gateContract(
  open: (concurrency: number) => Promise<Gate>,
  settled: () => Promise<void>,
): void {
  const { signal } = new AbortController();

  it("lets so many in, then people before schedules, each by age", async () => {
    const gate = await open(1);
    const order: string[] = [];
    const leaves: (() => void)[] = [];
    const come = (name: string, priority: Priority) =>
      gate.enter(priority, signal).then((leave) => {
        order.push(name);
        leaves.push(leave);
      });
    await come("first", "schedule");
    const waiting = [
      ["schedule 1", "schedule"],
      ["person 1", "person"],
      ["person 2", "person"],
    ] as const;
    const entered: Promise<void>[] = [];
    for (const [name, priority] of waiting) {
      entered.push(come(name, priority));
      await settled();
    }

    for (let left = 0; left <= waiting.length; left++) {
      await expect.poll(() => leaves.length, { interval: 5, timeout: 10_000 }).toBe(left + 1);
      leaves[left]?.();
    }
    await Promise.all(entered);

    expect(order).toEqual(["first", "person 1", "person 2", "schedule 1"]);
  });

  it("forgets who gave up, and takes a place back once", async () => {
    const gate = await open(1);
    const leave = await gate.enter("person", signal);
    const stop = new AbortController();
    const waiting = gate.enter("person", stop.signal);
    await settled();

    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    leave();
    leave();
    const second = await gate.enter("person", signal);
    const third = gate.enter("person", signal);
    let isIn = false;
    void third.then(() => {
      isIn = true;
    });
    await settled();

    expect(isIn).toBe(false);
    second();
    (await third)();
  });
}
