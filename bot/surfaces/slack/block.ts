import { plainText } from "../../plain-text.ts";
import { withoutFormatting } from "./mrkdwn.ts";

/** The blocks of Slack's Block Kit that are used here. */
export type Block =
  | { readonly type: "section"; readonly text: Mrkdwn; readonly expand: boolean }
  | { readonly type: "context"; readonly elements: readonly Mrkdwn[] }
  | { readonly type: "actions"; readonly elements: readonly ButtonElement[] }
  | { readonly type: "context_actions"; readonly elements: readonly FeedbackElement[] }
  | {
      readonly type: "plan";
      readonly title: string;
      readonly tasks: readonly TaskCard[];
    };

/** `verbatim`: Slack makes no links of addresses, names and channels in it. */
interface Mrkdwn {
  readonly type: "mrkdwn";
  readonly text: string;
  readonly verbatim: true;
}

interface PlainText {
  readonly type: "plain_text";
  readonly text: string;
  readonly emoji: false;
}

interface ButtonElement {
  readonly type: "button";
  readonly action_id: string;
  readonly text: PlainText;
  readonly value: string;
  readonly style?: "primary" | "danger";
}

interface FeedbackElement {
  readonly type: "feedback_buttons";
  readonly action_id: string;
  readonly positive_button: FeedbackButton;
  readonly negative_button: FeedbackButton;
}

interface FeedbackButton {
  readonly text: PlainText;
  readonly accessibility_label: string;
  readonly value: string;
}

export interface TaskCard {
  readonly type: "task_card";
  readonly task_id: string;
  readonly title: string;
  readonly status: "in_progress" | "complete";
  readonly output?: RichText;
}

interface RichText {
  readonly type: "rich_text";
  readonly elements: readonly {
    readonly type: "rich_text_section";
    readonly elements: readonly { readonly type: "text"; readonly text: string }[];
  }[];
}

/** Slack takes 3,000 characters in a section. */
export const longestText = 2_900;
const longestLabel = 75;

export function mrkdwn(text: string): Mrkdwn {
  return { type: "mrkdwn", text, verbatim: true };
}

/** Shows neither formatting nor mentions; Slack refuses an empty one. */
export function plain(text: string, limit = longestLabel): PlainText {
  const shown = text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
  return { type: "plain_text", text: plainText(shown), emoji: false };
}

export function richText(text: string): RichText {
  return {
    type: "rich_text",
    elements: [{ type: "rich_text_section", elements: [{ type: "text", text }] }],
  };
}

/** Bars and sparklines, which are read aloud one by one. */
const drawn = /\s*[█░▁▂▃▄▅▆▇](?:[█░▁▂▃▄▅▆▇ ]*[█░▁▂▃▄▅▆▇])?/g;

/** What a block says, for notifications and for screen readers. */
export function wordsOf(block: Block): string {
  switch (block.type) {
    case "section":
      return withoutFormatting(block.text.text).replace(drawn, "");
    case "context":
      return block.elements.map(({ text }) => withoutFormatting(text)).join("\n");
    case "plan":
      return block.title;
    case "actions":
    case "context_actions":
      return "";
  }
}
