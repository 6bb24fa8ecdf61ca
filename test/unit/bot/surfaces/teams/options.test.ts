import { describe, expect, it } from "vitest";
import { TeamsOptions } from "../../../../../bot/surfaces/teams/options.ts";

const id = "11111111-2222-3333-4444-555555555555";
const secret = { env: "TEAMS_SECRET" };
const problems = (options: unknown) =>
  TeamsOptions.safeParse(options).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ??
  [];

describe("the options of Teams", () => {
  it("are an id, a tenant and a secret", () => {
    expect(TeamsOptions.parse({ appId: id, tenantId: id, secret })).toEqual({
      appId: id,
      tenantId: id,
      secret,
      type: "single-tenant",
      cloud: "public",
      host: "0.0.0.0",
      port: 3978,
      path: "/api/messages",
      allowBots: false,
      streaming: false,
      emulator: false,
    });
  });

  it("name all that is missing", () => {
    const missing = "is missing; docs/TEAMS.md tells where to find it";

    expect(problems({})).toEqual([`appId: ${missing}`, `secret: ${missing}`, `tenantId: ${missing}`]);
    expect(problems({ appId: id, secret, type: "multi-tenant" })).toEqual([]);
  });

  it("let nobody take an emulator for the real thing", () => {
    expect(problems({ emulator: true, appId: id })).toEqual(["appId: does not go together with emulator"]);
    expect(problems({ emulator: true })).toEqual([]);
  });

  it.each([
    [{ appId: "my-bot" }, "appId: must be an id such as"],
    [{ secret: "hunter2" }, "secret:"],
    [{ path: "api" }, "path: must be a path such as"],
    [{ port: 70_000 }, "port:"],
    [{ emulater: true }, "emulater"],
  ])("refuse %j", (wrong, said) => {
    expect(problems({ appId: id, tenantId: id, secret, ...wrong }).join("\n")).toContain(said);
  });
});
