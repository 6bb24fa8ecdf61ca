import { describe, expect, it } from "vitest";
import { BotError } from "../../../pipeline/errors.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";
import { resolveScope, resolveWindow } from "../../../pipeline/resolve.ts";
import type { ChatQuestion, ReadQuestion } from "../../../pipeline/types.ts";
import { minute, window } from "../../fakes/telemetry.ts";

const options = PipelineOptions.parse({});
const question: ChatQuestion = {
  id: "q",
  text: "",
  askedAt: window.end,
  timeZone: "UTC",
  askedWindow: null,
};
const read: ReadQuestion = {
  intent: "diagnose",
  window: null,
  from: "ask",
  services: [],
  unknownServices: [],
  modalities: null,
  followUp: null,
  isUnread: false,
  notes: [],
  calls: [],
};

describe("resolveWindow", () => {
  it("takes the window that the question names", () => {
    expect(resolveWindow(question, { ...read, window, from: "question" }, options)).toEqual({
      ...window,
      from: "question",
    });
  });

  it("says that a window was the default where the reader took it", () => {
    expect(resolveWindow(question, { ...read, window, from: "default" }, options).from).toBe("default");
  });

  it("takes the default before the moment of asking where nobody could be asked back", () => {
    expect(resolveWindow(question, read, options)).toEqual({
      start: window.end - 360 * minute,
      end: window.end,
      from: "default",
    });
  });

  it("takes the asked window as the reader checked it, not as it was sent", () => {
    const sent = { start: window.start, end: window.end + 60 * minute };
    const asked = { ...question, askedWindow: sent };

    expect(resolveWindow(asked, { ...read, window, from: "question" }, options)).toEqual({
      ...window,
      from: "asked",
    });
  });
});

describe("resolveScope", () => {
  it("is every named service, and all of them where none is named", () => {
    expect(resolveScope(question, { ...read, services: ["geo"] })).toEqual({ services: ["geo"] });
    expect(resolveScope(question, read)).toEqual({ services: [] });
  });

  it("is what the answer before looked at, where it is carried over", () => {
    const carried = { services: ["rate"], modalities: null, note: "" };

    expect(resolveScope({ ...question, carried }, { ...read, services: ["geo"] })).toEqual({
      services: ["rate"],
    });
    expect(
      resolveScope({ ...question, carried: { ...carried, services: null } }, { ...read, services: ["geo"] }),
    ).toEqual({
      services: ["geo"],
    });
  });

  it("names the unknown service and the nearest ones, in one plain line", () => {
    const unknown = {
      ...read,
      unknownServices: [{ mentioned: 'ge"o\u001b[31m\n', nearest: ["geo", "gem"] }],
    };

    const thrown = (() => {
      try {
        return resolveScope(question, unknown);
      } catch (error) {
        return error;
      }
    })();

    expect(thrown).toBeInstanceOf(BotError);
    expect(thrown).toMatchObject({ code: "service-unknown" });
    const { message } = thrown as BotError;
    expect(message).toContain('"ge\'o"');
    expect(message).toContain("Nearest: geo, gem.");
    expect(message).not.toMatch(/\p{Cc}/u);
  });

  it("offers no nearest name where there is none", () => {
    expect(() =>
      resolveScope(question, { ...read, unknownServices: [{ mentioned: "zzz", nearest: [] }] }),
    ).toThrow(/^(?!.*Nearest).*"zzz"/);
  });
});
