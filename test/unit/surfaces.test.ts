import { afterEach, describe, expect, it, vi } from "vitest";
import { SlackOptions } from "../../bot/surfaces/slack/options.ts";
import { TeamsOptions } from "../../bot/surfaces/teams/options.ts";
import { loadConfig } from "../../config.ts";
import type { SurfaceTools } from "../../service.ts";
import { openSurfaces } from "../../surfaces.ts";

const tools: SurfaceTools = {
  readHome: async () => ({ diagnoses: [], schedules: [], health: [] }),
  installations: null,
  answered: { save: async () => undefined, find: async () => null },
};
const slack = SlackOptions.parse({
  botToken: { env: "TEST_SLACK_BOT_TOKEN" },
  appToken: { env: "TEST_SLACK_APP_TOKEN" },
});
const teams = TeamsOptions.parse({ emulator: true });

afterEach(() => void vi.unstubAllEnvs());

describe("the chats of a configuration", () => {
  it("are opened where their secrets are there", () => {
    vi.stubEnv("TEST_SLACK_BOT_TOKEN", "xoxb-1");
    vi.stubEnv("TEST_SLACK_APP_TOKEN", "xapp-1");

    const surfaces = openSurfaces({ ...loadConfig(), slack, teams }, tools);

    expect(surfaces.map(({ name }) => name)).toEqual(["slack", "teams"]);
    expect(openSurfaces(loadConfig(), tools)).toEqual([]);
  });

  it("are refused at once where a secret is missing, and not at the first message", () => {
    vi.stubEnv("TEST_SLACK_BOT_TOKEN", "xoxb-1");

    expect(() => openSurfaces({ ...loadConfig(), slack }, tools)).toThrow(/TEST_SLACK_APP_TOKEN.*is not set/);
  });
});
