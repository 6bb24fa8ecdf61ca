import { describe, expect, it } from "vitest";
import { arrivals } from "../../../bot/arrivals.ts";
import type { ChatMessage } from "../../../bot/surface.ts";

const message: ChatMessage = {
  id: "fake-1",
  thread: { surface: "fake", thread: "t" },
  text: "what broke",
  at: 0,
  timeZone: "UTC",
  from: null,
  about: null,
};

describe("arrivals", () => {
  it("let messages in before the work that earlier ones make", async () => {
    const arriving = arrivals();
    const order: string[] = [];
    let save: () => void = () => undefined;
    const taking = arriving.take(message, () => new Promise((resolve) => (save = resolve)));
    const working = arriving.taken().then(() => void order.push("work"));
    order.push("saved");
    save();
    await Promise.all([taking, working]);

    expect(order).toEqual(["saved", "work"]);
  });

  it("keep no work back where a message cannot be saved, nor for longer than a second", async () => {
    const arriving = arrivals();
    const failing = arriving.take(message, () => Promise.reject(new Error("Redis is away")));
    await expect(failing).rejects.toThrow("Redis is away");
    await arriving.taken();
    void arriving.take(message, () => new Promise(() => undefined));

    await arriving.taken();
  });
});
