import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { scopes } from "../../../../../bot/surfaces/slack/scopes.ts";

const file = new URL("../../../../../bot/surfaces/slack/manifest.yaml", import.meta.url);
const text = readFileSync(file, "utf8");

describe("the app's manifest", () => {
  it("asks for the scopes that an installation asks for", () => {
    expect(parse(text).oauth_config.scopes.bot).toEqual(scopes);
  });

  it("hears of everything that is read, and of nothing more", () => {
    const events: string[] = parse(text).settings.event_subscriptions.bot_events;

    expect([...new Set(events.map((name) => name.split(".")[0]))]).toEqual([
      "agent_session_stopped",
      "app_home_opened",
      "app_mention",
      "app_uninstalled",
      "assistant_thread_started",
      "message",
      "tokens_revoked",
    ]);
  });

  it("keeps to Slack's limits, in Socket Mode and over HTTP", () => {
    const overHttp = text
      .replace("socket_mode_enabled: true", "socket_mode_enabled: false")
      .replace(/# (url|re)/g, "$1");

    const manifests = [parse(text), parse(overHttp)];

    for (const { display_information: shown, features } of manifests) {
      expect(shown.long_description.length).toBeGreaterThan(174);
      expect(shown.description.length).toBeLessThanOrEqual(140);
      expect(features.shortcuts[0]).toMatchObject({ callback_id: "diagnose_this", type: "message" });
      expect(features.shortcuts[0].name.length).toBeLessThanOrEqual(24);
      expect(features.slash_commands[0].usage_hint.length).toBeLessThanOrEqual(1_000);
    }
    expect(JSON.stringify(manifests[1]).match(/https:\/\/bot\.example\.com/g)).toHaveLength(4);
  });
});
