import type { Home } from "../../home.ts";
import { context, sections } from "./answer-blocks.ts";
import type { Block } from "./block.ts";
import { bold, literal } from "./mrkdwn.ts";

/** Slack takes 100 blocks on a Home tab; a list here is one or two. */
const mostListed = 10;

/** The Home tab: how to ask, what was found lately, what is asked by itself, and what works. */
export function homeView(home: Home): { readonly type: "home"; readonly blocks: readonly Block[] } {
  return {
    type: "home",
    blocks: [
      ...sections([
        bold("LocaleXpert"),
        "Mention me in a channel, or write to me here: what broke, where, and when.",
        "For example: what broke in geo in the last hour",
      ]),
      ...listed(
        "Recent diagnoses",
        home.diagnoses.map(
          ({ question, when, verdict }) => `• ${literal(when)}: “${literal(question)}” ${bold(verdict)}`,
        ),
        "Nothing was asked yet.",
      ),
      ...listed(
        "Schedules",
        home.schedules.map(
          ({ question, when, where }) => `• “${literal(question)}” ${literal(when)}, in ${literal(where)}`,
        ),
        "Nothing is asked by itself.",
      ),
      ...listed(
        "Health",
        home.health.map(
          ({ name, isWell, detail }) =>
            `${isWell ? ":white_check_mark:" : ":x:"} ${bold(name)} ${literal(detail)}`,
        ),
        "No source is configured.",
      ),
    ],
  };
}

function listed(title: string, lines: readonly string[], without: string): Block[] {
  if (lines.length === 0) return [...sections([bold(title)]), ...context([without])];
  const more = lines.length > mostListed ? context([`and ${lines.length - mostListed} more`]) : [];
  return [...sections([bold(title), ...lines.slice(0, mostListed)]), ...more];
}
