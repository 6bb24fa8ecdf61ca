import { describe, expect, it } from "vitest";
import { allowed, checkOperator, mayShow, type Permission, permissionFor } from "../../../bot/access.ts";
import { AccessOptions } from "../../../bot/access-options.ts";
import { failureOf } from "../../../bot/failure.ts";
import type { Person, Place, Sender } from "../../../bot/surface.ts";
import { asBotError } from "../../../pipeline/errors.ts";
import type { Permitted } from "../../../pipeline/types.ts";
import { fakeQuestion, fakeSummary } from "../../fakes/fake-diagnosis.ts";
import { geoDiagnosis } from "../../fakes/geo-diagnosis.ts";

function sender(person: Partial<Person> = {}, place: Partial<Place> = {}): Sender {
  return {
    person: { id: "U1", isGuest: false, isBot: false, ...person },
    place: { team: "T1", channel: "C1", kind: "channel", isShared: false, ...place },
  };
}

const rules = (...given: object[]) => AccessOptions.parse({ rules: given });

function seen(permission: Permission): Permitted | null | string {
  return permission.verdict === "allowed" ? permission.permitted : permission.reason;
}

describe("who may see what", () => {
  it("lets the operator at a terminal see and do everything, with and without a configuration", () => {
    for (const access of [undefined, "open", rules()] as const) {
      expect(permissionFor(null, "terminal", access)).toEqual({
        verdict: "allowed",
        permitted: null,
        mayOperate: true,
      });
    }
  });

  it("shows nobody in a chat anything without a configuration, and names the remedy", () => {
    const said = permissionFor(sender(), "slack", undefined);

    expect(said).toMatchObject({ verdict: "refused", isSilent: false });
    expect(seen(said)).toContain("access: open");
  });

  it("opens everything with one line, but not to guests, other organisations and programs", () => {
    expect(permissionFor(sender(), "teams", "open")).toEqual({
      verdict: "allowed",
      permitted: null,
      mayOperate: true,
    });
    expect(seen(permissionFor(sender({ isGuest: true }), "slack", "open"))).toMatch(/^Guests .*guests: true/);
    expect(seen(permissionFor(sender({}, { isShared: true }), "slack", "open"))).toContain("shared: true");
    expect(permissionFor(sender({ isBot: true }), "slack", "open")).toMatchObject({
      verdict: "refused",
      isSilent: true,
    });
  });

  it("refuses what no rule is for, with the ids that a rule would name", () => {
    const said = permissionFor(
      sender({}, { channel: "C9" }),
      "slack",
      rules({ channels: ["C1"], services: "all" }),
    );

    expect(seen(said)).toBe(
      "Nothing may be seen in this channel. An operator can add a rule under access in the configuration: slack, team T1, channel C9; you are U1.",
    );
  });

  it.each([
    ["surface", { surface: "teams" }],
    ["team", { teams: ["T2"] }],
    ["channel", { channels: ["C2"] }],
    ["user", { users: ["U2"] }],
    ["kind of place", { kinds: ["direct", "group"] }],
  ])("does not take a rule for another %s", (_what, criterion) => {
    const all = { surface: "slack", teams: ["T1"], channels: ["C1"], users: ["U1"], kinds: ["channel"] };

    expect(permissionFor(sender(), "slack", rules({ ...all, services: "all" })).verdict).toBe("allowed");
    expect(permissionFor(sender(), "slack", rules({ ...all, ...criterion, services: "all" })).verdict).toBe(
      "refused",
    );
  });

  it("does not take a rule for a workspace where the chat has none", () => {
    const said = permissionFor(
      sender({}, { team: null }),
      "slack",
      rules({ teams: ["T1"], services: "all" }),
    );

    expect(seen(said)).toContain("slack, channel C1; you are U1");
  });

  it("goes by the first rule that fits, and joins no two", () => {
    const access = rules(
      { users: ["U7"], services: "all" },
      { channels: ["C1"], services: ["geo*"], namespaces: ["maps"], sources: ["prometheus"] },
      { services: ["frontend"] },
    );

    expect(seen(permissionFor(sender({ id: "U7" }), "slack", access))).toBeNull();
    expect(seen(permissionFor(sender(), "slack", access))).toEqual({
      services: ["geo*", "maps/*"],
      sources: ["prometheus"],
    });
    expect(seen(permissionFor(sender({}, { channel: "C2" }), "slack", access))).toEqual({
      services: ["frontend"],
      sources: null,
    });
  });

  it("passes rules over that do not let guests in, and says so where none is left", () => {
    const guest = sender({ isGuest: true });
    const members = { channels: ["C1"], services: "all" };

    expect(seen(permissionFor(guest, "slack", rules(members)))).toContain("guests: true");
    expect(
      seen(permissionFor(guest, "slack", rules(members, { guests: true, services: ["frontend"] }))),
    ).toEqual({ services: ["frontend"], sources: null });
  });

  it("lets guests into a shared channel only where a rule lets both in", () => {
    const both = sender({ isGuest: true }, { isShared: true });
    const with_ = (given: object) =>
      permissionFor(both, "slack", rules({ services: "all", ...given })).verdict;

    expect(with_({ guests: true })).toBe("refused");
    expect(with_({ shared: true })).toBe("refused");
    expect(with_({ guests: true, shared: true })).toBe("allowed");
  });

  it("lets operators operate where they may see something, in the workspace that is named", () => {
    const access = AccessOptions.parse({
      operators: ["U1", { surface: "slack", team: "T1", user: "U2" }],
      rules: [{ channels: ["C1"], services: ["geo"] }],
    });
    const may = (person: Partial<Person>, place: Partial<Place> = {}, surface = "slack") => {
      const permission = permissionFor(sender(person, place), surface, access);
      return permission.verdict === "allowed" && permission.mayOperate;
    };

    expect([may({ id: "U1" }), may({ id: "U2" }), may({ id: "U3" })]).toEqual([true, true, false]);
    expect([may({ id: "U2" }, { team: "T2" }), may({ id: "U2" }, {}, "teams")]).toEqual([false, false]);
    expect(may({ id: "U1" }, { channel: "C2" })).toBe(false);
    const other = allowed(permissionFor(sender({ id: "U3" }), "slack", access));
    expect(() => checkOperator(other, sender({ id: "U3" }), "forget answers")).toThrow(/Only operators .*U3/);
  });

  it("makes a refusal one that a reply has words for", () => {
    let caught: unknown;
    try {
      allowed(permissionFor(sender(), "slack", rules()));
    } catch (error) {
      caught = error;
    }

    const error = asBotError(caught);
    if (error === null) throw new Error("nothing was refused");
    expect(failureOf(error)).toMatchObject({
      code: "access-denied",
      what: "Nothing may be seen in this channel.",
      remedy: expect.stringMatching(/^An operator can add a rule/),
    });
  });
});

describe("whether an answer may be shown again", () => {
  const may = (services: string[] | null, sources: string[] | null = null): Permission => ({
    verdict: "allowed",
    permitted: services === null && sources === null ? null : { services, sources },
    mayOperate: false,
  });
  function askedWith(permitted: Permitted | null) {
    const diagnosis = geoDiagnosis();
    const record =
      permitted === null
        ? {}
        : {
            permitted: {
              services: permitted.services && [...permitted.services],
              sources: permitted.sources && [...permitted.sources],
            },
          };
    return { ...diagnosis, question: { ...diagnosis.question, ...record } };
  }

  it("may where everything may be seen, and nowhere where nothing may", () => {
    expect(mayShow(askedWith(null), may(null))).toBe(true);
    expect(mayShow(askedWith(null), { verdict: "refused", reason: "", isSilent: false })).toBe(false);
  });

  it("may where as much may be seen as where it was asked", () => {
    const everyName = askedWith({ services: ["*"], sources: null });

    expect(mayShow(everyName, may(["*"]))).toBe(true);
    expect(mayShow(everyName, may(["geo", "frontend", "search", "mongodb-geo"]))).toBe(false);
    expect(mayShow(askedWith(null), may(["*"]))).toBe(false);
  });

  it("goes by every pattern, and by every source", () => {
    const summary = fakeSummary(fakeQuestion("s", "sum up"));
    const asked = (services: string[], sources: string[] | null) => ({
      ...summary,
      question: { ...summary.question, permitted: { services, sources } },
    });

    expect(mayShow(asked(["geo*"], null), may(["g*"]))).toBe(true);
    expect(mayShow(asked(["g*"], null), may(["geo*"]))).toBe(false);
    expect(mayShow(asked(["geo-*", "rate"], null), may(["geo*", "rate"]))).toBe(true);
    expect(mayShow(asked(["geo-*", "rate"], null), may(["geo*"]))).toBe(false);
    expect(mayShow(asked(["geo"], ["logs"]), may(["geo"], ["logs", "traces"]))).toBe(true);
    expect(mayShow(asked(["geo"], null), may(["geo"], ["logs"]))).toBe(false);
  });

  it.each([
    ["causes", { causes: [{ ...geoDiagnosis().causes[0]!, service: "vault" }] }],
    ["evidence", { evidence: [{ ...geoDiagnosis().evidence[0]!, service: "vault" }] }],
    ["scope", { scope: { services: ["vault"] } }],
    ["propagation", { propagation: { origin: "geo", path: ["vault", "geo"], victims: [] } }],
    ["incidents", { incidents: [{ rank: 1, start: 1, end: 2, services: ["vault"] }] }],
    [
      "rankings",
      {
        rankings: [
          {
            localizer: "simple-rca",
            level: "service" as const,
            candidates: [
              {
                service: "geo",
                instance: null,
                metric: null,
                score: 1,
                symptom: false,
                evidence: [],
                waitsFor: "vault",
              },
            ],
          },
        ],
      },
    ],
  ])("may not where a name in its %s may not be seen, whatever it was asked with", (_where, part) => {
    const permitted = { services: ["geo"], sources: null };
    const bare = {
      causes: [],
      metrics: [],
      evidence: [],
      rankings: [],
      earlier: [],
      propagation: null,
      incidents: [],
    };
    const clean = { ...askedWith(permitted), ...bare, scope: { services: ["geo"] } };

    expect(mayShow(clean, may(["geo"]))).toBe(true);
    expect(mayShow({ ...clean, ...part }, may(["geo"]))).toBe(false);
  });
});
