import { z } from "zod";
import type { CallSlack } from "./bolt.ts";
import type { SlackThread } from "./slack-thread.ts";

const Done = z.object({ ok: z.boolean() });
const longestTitle = 100;
const prompts = [
  { title: "What broke in the last hour?", message: "what broke in the last hour" },
  { title: "Why is it slow?", message: "why is it slow since 30 minutes ago" },
  { title: "Sum up today", message: "summarize today" },
  { title: "What can you do?", message: "help" },
];

/** What is particular to a conversation with the bot alone: prompts, a title, a sign that it works. */
export interface Assistant {
  suggest(thread: SlackThread): Promise<void>;
  /** Shows that it works, with Slack's own button to stop it where the workspace has that. */
  working(thread: SlackThread, title: string): Promise<void>;
  rest(thread: SlackThread): Promise<void>;
}

/** Throws: BotError; none of it is worth losing an answer for. */
export function assistant(call: CallSlack): Assistant {
  /** Workspaces that know no agent sessions, which came later than the assistant's threads. */
  const older = new Set<string>();

  async function session(thread: SlackThread, status: string, title?: string): Promise<void> {
    await call(
      thread.team,
      "agents.sessions.setStatus",
      { ...place(thread), status, ...(title === undefined ? {} : { title }) },
      Done,
    );
  }

  return {
    async suggest(thread) {
      const parameters = { ...place(thread), title: "Ask what broke, where and when", prompts };
      await call(thread.team, "assistant.threads.setSuggestedPrompts", parameters, Done);
    },
    async working(thread, text) {
      const title = text.slice(0, longestTitle);
      if (!isThread(thread)) return;
      if (!older.has(thread.team)) {
        try {
          await session(thread, "processing", title);
          return;
        } catch {
          older.add(thread.team);
        }
      }
      const status = "is reading the question …";
      await call(thread.team, "assistant.threads.setStatus", { ...place(thread), status }, Done);
    },
    async rest(thread) {
      if (isThread(thread) && !older.has(thread.team)) await session(thread, "active");
    },
  };
}

/** Of a channel's thread everybody sees the progress; a status beside it would say the same twice. */
function isThread({ channel, root }: SlackThread): boolean {
  return channel.startsWith("D") && root !== "" && root !== "+";
}

function place({ channel, root }: SlackThread): { readonly channel_id: string; readonly thread_ts: string } {
  return { channel_id: channel, thread_ts: root };
}
