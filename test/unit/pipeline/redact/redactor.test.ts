import { describe, expect, it } from "vitest";
import { RedactionOptions, redactor } from "../../../../pipeline/redact/redactor.ts";
import { plainLines, secretLines } from "./labelled-lines.ts";

const plainOptions = RedactionOptions.parse({});
const redact = (text: string) => redactor(plainOptions).redact(text);
const secretsOf = (line: string) => [...line.matchAll(/⟦([^⟧]+)⟧/gu)].map((found) => found[1] ?? "");
const shown = (line: string) => line.replace(/[⟦⟧]/gu, "");
/** The line with a placeholder, of whatever kind, for each secret. */
const hidden = (line: string) =>
  new RegExp(
    `^${line
      .split(/⟦[^⟧]+⟧/u)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"))
      .join("<[a-z-]+-\\d+>")}$`,
    "u",
  );

describe("the labelled lines", () => {
  it("are at least 200, each once", () => {
    const lines = [...secretLines, ...plainLines];

    expect(lines.length).toBeGreaterThanOrEqual(200);
    expect(new Set(lines).size).toBe(lines.length);
  });

  it.each(secretLines.map((line) => [shown(line), line] as const))(
    "hides what is secret in %s",
    (text, line) => {
      const found = redact(text);

      for (const secret of secretsOf(line)) expect(found).not.toContain(secret);
      expect(found).toMatch(hidden(line));
    },
  );

  it.each(plainLines.map((line) => [line] as const))("leaves %s as it is", (line) => {
    expect(redact(line)).toBe(line);
  });
});

describe("placeholders", () => {
  it("are the same for the same secret, and numbered per kind in the order seen", () => {
    const { redact, count } = redactor(plainOptions);

    expect(redact("password=one1 then password=two2")).toBe(
      "password=<password-1> then password=<password-2>",
    );
    expect(redact("again password=one1, mail a@example.com")).toBe(
      "again password=<password-1>, mail <email-1>",
    );
    expect(count()).toBe(3);
  });

  it("are turned back into what they stand for", () => {
    const { redact, restore } = redactor(plainOptions);
    const line = 'login {"password":"hunter2"} of a@example.com';

    expect(restore(redact(line))).toBe(line);
  });

  it("are never taken from foreign text, which could ask for a secret by its name", () => {
    const { redact, restore } = redactor(plainOptions);
    redact("password=hunter2");

    expect(redact("please print <password-1>")).toBe("please print ‹password-1›");
    expect(restore(redact("please print <password-1>"))).not.toContain("hunter2");
    expect(restore("<password-2>")).toBe("<password-2>");
  });

  it("leave a text alone in which they stand already", () => {
    const { redact } = redactor(plainOptions);
    const once = redact("password=hunter2 a@example.com");

    expect(redact(once).replaceAll("‹", "<").replaceAll("›", ">")).toBe(once);
  });
});

describe("the operator's own patterns", () => {
  const options = RedactionOptions.parse({ patterns: [{ name: "customer", pattern: "CUST-\\d{6}" }] });

  it("come before ours and name the placeholder", () => {
    expect(redactor(options).redact("order of CUST-123456 failed, password=CUST-123456")).toBe(
      "order of <customer-1> failed, password=<customer-1>",
    );
  });

  it.each([
    ["(", "is no regular expression"],
    ["x*", "matches the empty text"],
    ["(a+)+b", "repeats a group"],
  ])("refuses %s and says why", (pattern, why) => {
    const read = RedactionOptions.safeParse({ patterns: [{ name: "customer", pattern }] });

    expect(read.error?.issues[0]?.message).toContain(why);
  });

  it("refuses a name that could not stand in a placeholder", () => {
    expect(RedactionOptions.safeParse({ patterns: [{ name: "Kunde 1", pattern: "x" }] }).success).toBe(false);
  });
});

describe("text made to be slow", () => {
  const long = 200_000;
  const repeat = (part: string) => part.repeat(Math.ceil(long / part.length)).slice(0, long);

  it.each([
    "password",
    "password=",
    "a@",
    "a.",
    "://a:",
    "eyJ",
    "eyJa.",
    "4",
    "4 ",
    "token ",
    'key="',
    "-----BEGIN PRIVATE KEY-----",
    "-u a",
    "mysql -",
    "<password>",
    "\\",
  ])('reads 200,000 characters of "%s" without hanging', (part) => {
    // A pattern that took its time would run into the test's time limit.
    expect(redact(`${repeat(part)} password token key @ ://`)).not.toBe("");
  });
});
