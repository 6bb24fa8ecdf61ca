import { describe } from "vitest";
import { slackSurface } from "../../../../../bot/surfaces/slack/slack.ts";
import { threadRef } from "../../../../../bot/surfaces/slack/slack-thread.ts";
import { type SurfaceUnderTest, surfaceContract } from "../../../../contract/surface.ts";
import { emptyHome, slackOptions, testSecret } from "../../../../support/slack-surface.ts";
import { slackWorkspace } from "../../../../support/slack-workspace.ts";
import { readAloud, sentText } from "./shown.ts";

describe("the Slack surface", () => {
  surfaceContract(async (): Promise<SurfaceUnderTest> => {
    const workspace = await slackWorkspace();
    const { channel, team } = workspace;
    const surface = slackSurface({
      options: slackOptions(workspace),
      readSecret: testSecret(workspace),
      readHome: async () => emptyHome,
      now: Date.now,
    });
    const root = await workspace.call<{ ts: string }>("chat.postMessage", { channel, text: "what broke" });
    return {
      surface,
      thread: threadRef({ team, channel, root: root.ts }),
      async shown() {
        const messages = await workspace.messages();
        return messages.filter(({ ts }) => ts !== root.ts).map(sentText);
      },
      read: readAloud,
      // Anything between angle brackets is live, and so is formatting that is not this project's own.
      isLive: (shown) => /<|:boom:|\*bold\*|_it_|~gone~|`code`/.test(shown) || shown.includes("\u001b"),
      fail: {
        refuse: () => workspace.failNext({ kind: "error", error: "channel_not_found" }),
        throttle: (seconds) => workspace.failNext({ kind: "status", status: 429, retryAfter: seconds }),
        breakDown: () => workspace.failNext({ kind: "status", status: 503 }),
        loseAnswer: () => workspace.failNext({ kind: "lost" }, "chat.postMessage"),
      },
      async [Symbol.asyncDispose]() {
        await surface.stop();
        await workspace[Symbol.asyncDispose]();
      },
    };
  });
});
