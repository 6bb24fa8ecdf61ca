import type { SlackMessage } from "../../../../support/slack-workspace.ts";

/** All that a message says, as it was sent: the texts of its blocks, or its text where it has none. */
export function sentText({ text, blocks = [] }: SlackMessage): string {
  return blocks.length === 0 ? text : blocks.flatMap(textsIn).join("\n");
}

/** mrkdwn as the eye reads it. */
export function readAloud(mrkdwn: string): string {
  return mrkdwn
    .replace(/[*`]/g, "")
    .replace(/∗/g, "*")
    .replace(/∼/g, "~")
    .replace(/ˋ/g, "`")
    .replace(/∶/g, ":")
    .replace(/＿/g, "_")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");
}

function textsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (typeof inner === "string") return key === "text" || key === "title" ? [inner] : [];
    return textsIn(inner);
  });
}
