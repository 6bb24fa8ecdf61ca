import { describe, expect, it } from "vitest";
import { redactSlice } from "../../../../pipeline/redact/redact-slice.ts";
import { RedactionOptions, redactor } from "../../../../pipeline/redact/redactor.ts";
import { line, slice, span } from "../../../fakes/telemetry.ts";

const fresh = () => redactor(RedactionOptions.parse({}));

describe("redactSlice", () => {
  it("hides secrets in lines, operations and gaps", () => {
    const made = {
      ...slice({
        logs: [line({ service: "geo", body: "login password=hunter2" })],
        referenceLogs: [line({ service: "geo", body: "mail to a@example.com" })],
        spans: [
          span({ traceId: "t", spanId: "1", service: "geo", operation: "GET /x?access_token=Abcdef123456" }),
        ],
      }),
      gaps: [{ from: "x", reason: "unreachable" as const, detail: "redis://:pw12@cache refused" }],
    };

    const hidden = redactSlice(made, fresh());

    expect(hidden.logs.window[0]?.body).toBe("login password=<password-1>");
    expect(hidden.logs.reference[0]?.body).toBe("mail to <email-1>");
    expect(hidden.traces.window[0]?.spans[0]?.operation).toBe("GET /x?access_token=<token-1>");
    expect(hidden.gaps[0]?.detail).toBe("redis://:<password-2>@cache refused");
  });

  it("keeps the very objects in which there is nothing to hide", () => {
    const made = slice({
      logs: [line({ service: "geo", body: "connected in 35 ms" })],
      spans: [span({ traceId: "t", spanId: "1", service: "geo" })],
    });

    const hidden = redactSlice(made, fresh());

    expect(hidden.logs.window[0]).toBe(made.logs.window[0]);
    expect(hidden.traces.window[0]).toBe(made.traces.window[0]);
  });
});
