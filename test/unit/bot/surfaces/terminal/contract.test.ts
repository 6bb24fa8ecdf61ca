import { PassThrough, Writable } from "node:stream";
import { describe } from "vitest";
import { terminal } from "../../../../../bot/surfaces/terminal/terminal.ts";
import { surfaceContract } from "../../../../contract/surface.ts";

describe("the terminal surface", () => {
  surfaceContract(async () => {
    let text = "";
    const screen = () =>
      new Writable({
        write(chunk, _encoding, done) {
          text += String(chunk);
          done();
        },
      });
    const surface = terminal({
      input: new PassThrough(),
      output: screen(),
      errors: screen(),
      timeZone: "UTC",
      now: () => 1,
      stopwatch: () => 0,
      newId: () => "terminal-1",
      answers: "print",
      hint: "",
      onInterrupt: () => undefined,
    });
    return {
      surface,
      thread: { surface: "terminal", thread: "terminal" },
      // One screen, which everything is written to.
      shown: async () => [text],
      read: (shown) => shown,
      isLive: (shown) => /\p{Cc}/u.test(shown.replaceAll("\n", "")),
      fail: null,
      [Symbol.asyncDispose]: () => surface.stop(),
    };
  });
});
