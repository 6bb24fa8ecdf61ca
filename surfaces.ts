import type { ChatSurface } from "./bot/surface.ts";
import { slackSurface } from "./bot/surfaces/slack/slack.ts";
import { teamsSurface } from "./bot/surfaces/teams/teams.ts";
import { type Config, readSecret } from "./config.ts";
import type { SurfaceTools } from "./service.ts";

/**
 * The chats of a configuration, not started yet.
 *
 * Throws: BotError "config-invalid" when a secret is not there: better at the start than at the first message.
 */
export function openSurfaces(
  { slack, teams, timeZone }: Config,
  { readHome, installations, answered }: SurfaceTools,
): ChatSurface[] {
  const secrets = [
    slack?.botToken,
    slack?.appToken,
    slack?.http?.signingSecret,
    slack?.oauth?.clientSecret,
    slack?.oauth?.stateSecret,
    slack?.oauth?.tokenKey,
    teams?.secret,
  ];
  for (const secret of secrets) if (secret !== undefined) readSecret(secret);
  const common = { readSecret, now: Date.now };
  const kept = installations === null ? {} : { installations };
  return [
    ...(slack === undefined ? [] : [slackSurface({ ...common, ...kept, options: slack, readHome })]),
    ...(teams === undefined ? [] : [teamsSurface({ ...common, options: teams, timeZone, answered })]),
  ];
}
