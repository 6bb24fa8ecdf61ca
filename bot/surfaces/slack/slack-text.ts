const entity = /&(amp|lt|gt);/g;
const letters: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const reference = /<([^<>]*)>/g;

/**
 * What a person wrote, as text: without the mention of the bot, and with what Slack made of names and
 * addresses turned back into words.
 */
export function readSlackText(text: string, botUser: string | null): string {
  return text
    .replace(reference, (_all, inner: string) => words(inner, botUser))
    .replace(entity, (all) => letters[all] ?? all)
    .trim();
}

/** "@U1", "#C1|general", "https://x|label", "!here", "!date^1700000000^{time}|14:20". */
function words(inner: string, botUser: string | null): string {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? "" : inner.slice(bar + 1);
  switch (target.slice(0, 1)) {
    case "@":
      return target === `@${botUser}` ? "" : `@${label === "" ? target.slice(1) : label}`;
    case "#":
      return `#${label === "" ? target.slice(1) : label}`;
    case "!":
      return label === "" ? "" : label;
    default:
      return label === "" ? target.replace(/^mailto:/, "") : label;
  }
}
