import { describe } from "vitest";
import { TeamsOptions } from "../../../../../bot/surfaces/teams/options.ts";
import { teamsSurface } from "../../../../../bot/surfaces/teams/teams.ts";
import { threadRef } from "../../../../../bot/surfaces/teams/thread-key.ts";
import { type SurfaceUnderTest, surfaceContract } from "../../../../contract/surface.ts";
import { botConnector, refuses, shownIn } from "../../../../support/bot-connector.ts";
import { messageText } from "../../../../support/card-text.ts";

const wordJoiner = /\u2060/g;

/** A message as the eye reads it: Teams' Markdown taken for what it stands for. */
function readAloud(shown: string): string {
  const message = JSON.parse(shown);
  const text = String(message.text)
    .replace(/^\*\*(.*)\*\*$/gm, "$1")
    .replace(/\\([\\`*_[\]~|#+=-])/g, "$1")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");
  return messageText({ ...message, text }).replace(wordJoiner, "");
}

/** Markdown in the text, elements of a card that read Markdown or open something, mentions, macros, escapes. */
function isLive(shown: string): boolean {
  const message = JSON.parse(shown);
  const text = String(message.text).replace(/\\./g, "");
  // What a choice says is sent back, and not shown.
  const seen = JSON.stringify(message, (key, value) => (key === "value" ? undefined : value));
  return (
    /<|\]\(|:\/\/|[_~`]|(?<!\*)\*(?!\*)/.test(text) ||
    /"type":"(TextBlock|Image|Action\.OpenUrl|mention)"|\{\{|\\u001b/.test(seen)
  );
}

describe("the Teams surface", () => {
  surfaceContract(async (): Promise<SurfaceUnderTest> => {
    const connector = await botConnector();
    const surface = teamsSurface({
      options: TeamsOptions.parse({ emulator: true, port: 0 }),
      readSecret: () => "",
      timeZone: "UTC",
      now: Date.now,
    });
    const serviceUrl = connector.url;
    return {
      surface,
      thread: threadRef({
        serviceUrl,
        conversation: "19:a@thread.tacv2;messageid=1",
        kind: "channel",
        bot: "28:bot",
        tenant: null,
      }),
      shown: async () => shownIn(connector).map((one) => JSON.stringify(one)),
      read: readAloud,
      isLive,
      fail: {
        refuse: () => connector.mishaps.push(refuses(403, "BotNotInConversationRoster")),
        throttle: (seconds) =>
          connector.mishaps.push(refuses(429, "TooManyRequests", { "retry-after": String(seconds) })),
        breakDown: () => connector.mishaps.push(refuses(503, "ServiceUnavailable")),
        loseAnswer: null,
      },
      async [Symbol.asyncDispose]() {
        await surface.stop();
        await connector[Symbol.asyncDispose]();
      },
    };
  });
});
