import { describe, expect, it } from "vitest";
import { sharedOrAlone } from "../../../../connectors/files/shared-or-alone.ts";

describe("a room for many or for one alone", () => {
  it("lets one in alone once the others have left, and others only after that one", async () => {
    const room = sharedOrAlone();
    const order: string[] = [];
    const first = await room.enter(false);
    const alone = room.enter(true).then((leave) => {
      order.push("alone");
      return leave;
    });
    const second = await room.enter(false);

    first();
    first();
    expect(order).toEqual([]);
    second();
    const leave = await alone;
    const third = room.enter(false).then(() => order.push("third"));
    await Promise.resolve();
    expect(order).toEqual(["alone"]);
    leave();
    await third;

    expect(order).toEqual(["alone", "third"]);
  });

  it("lets several who want to be alone in one after another", async () => {
    const room = sharedOrAlone();
    const order: number[] = [];
    const one = await room.enter(true);
    const others = [1, 2].map(async (number) => {
      const leave = await room.enter(true);
      order.push(number);
      return leave;
    });

    one();
    (await others[0])?.();
    await others[1];

    expect(order).toEqual([1, 2]);
  });
});
