import type { ReadHome } from "./bot/home.ts";
import type { ChatSurface } from "./bot/surface.ts";
import { slackSurface } from "./bot/surfaces/slack/slack.ts";
import { teamsSurface } from "./bot/surfaces/teams/teams.ts";
import { type Config, readSecret } from "./config.ts";

/** The chats of a configuration, not started yet. */
export function openSurfaces(config: Config, readHome: ReadHome): ChatSurface[] {
  const { slack, teams, timeZone } = config;
  const common = { readSecret, now: Date.now };
  return [
    ...(slack === undefined ? [] : [slackSurface({ ...common, options: slack, readHome })]),
    ...(teams === undefined ? [] : [teamsSurface({ ...common, options: teams, timeZone })]),
  ];
}
