import type { MessageAction } from "./payload-schemas.ts";
import { readSlackText } from "./slack-text.ts";

/** A question's head is read, a pasted page is not. */
const longestAlert = 1_500;

/** What an alert says, wherever its sender put it: the text, the attachments, the blocks. One line. */
export function alertText({ text, attachments, blocks }: MessageAction["message"]): string {
  const attached = (attachments ?? []).flatMap((one) => {
    const fields = (one.fields ?? []).map(({ title = "", value = "" }) => `${title} ${value}`);
    const said = [one.pretext, one.title, one.text, ...fields];
    return said.some((part) => part !== undefined && part !== "") ? said : [one.fallback];
  });
  const built = (blocks ?? []).flatMap((block) => [
    typeof block.text === "string" ? block.text : block.text?.text,
    ...(block.fields ?? []).map((field) => field.text),
  ]);
  const parts = [text, ...attached, ...built].flatMap((part) =>
    part === undefined ? [] : [readSlackText(part, null).replace(/\s+/g, " ").trim()],
  );
  // A sender's text often repeats its blocks.
  return [...new Set(parts)]
    .filter((part) => part !== "")
    .join("; ")
    .slice(0, longestAlert);
}
