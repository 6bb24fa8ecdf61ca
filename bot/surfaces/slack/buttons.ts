import { z } from "zod";
import type { Button } from "../../buttons.ts";
import { type Block, plain } from "./block.ts";

/** What a button carries: what pressing it says, or the services to choose from for a correction. */
export const Pressed = z.union([
  z.object({ says: z.string(), about: z.string().nullable() }),
  z.object({ suspects: z.array(z.string()), about: z.string() }),
]);
export type Pressed = z.infer<typeof Pressed>;

/** Slack's limits: characters in a button's value, and buttons in one row. */
const longestValue = 2_000;
const mostButtons = 25;

export interface AnswerButtons {
  readonly buttons: readonly Button[];
  /** The question that pressing one is about. */
  readonly about: string;
  readonly suspects: readonly string[];
}

/**
 * A row of buttons, and thumbs for right and wrong where `modern`; a workspace that knows no thumbs gets
 * those two as buttons.
 */
export function buttonBlocks(
  { buttons, about, suspects }: AnswerButtons,
  modern: boolean,
): { readonly row: Block[]; readonly feedback: Block[] } {
  const confirm = buttons.find(({ role }) => role === "confirm");
  const correct = buttons.find(({ role }) => role === "correct");
  const thumbs = modern && confirm !== undefined && correct !== undefined;
  const shown = buttons.filter(({ role }) => !thumbs || (role !== "confirm" && role !== "correct"));
  const row = sayingBlocks(
    shown.map((button) => ({
      label: button.label,
      value: button.role === "correct" ? correctionValue(about, suspects) : sayingValue(button.text, about),
      style: button.role === "stop" ? "danger" : null,
    })),
  );
  if (!thumbs) return { row, feedback: [] };
  return {
    row,
    feedback: [
      {
        type: "context_actions",
        elements: [
          {
            type: "feedback_buttons",
            action_id: "feedback",
            positive_button: {
              text: plain(confirm.label),
              accessibility_label: "This cause was right",
              value: sayingValue(confirm.text, about),
            },
            negative_button: {
              text: plain(correct.label),
              accessibility_label: "This cause was wrong; say which service it was",
              value: correctionValue(about, suspects),
            },
          },
        ],
      },
    ],
  };
}

/** Buttons whose pressing says something about the thread's last question. */
export function choiceBlocks(choices: readonly { readonly label: string; readonly text: string }[]): Block[] {
  return sayingBlocks(
    choices.map(({ label, text }) => ({ label, value: sayingValue(text, null), style: null })),
  );
}

function sayingBlocks(
  buttons: readonly { readonly label: string; readonly value: string; readonly style: "danger" | null }[],
): Block[] {
  if (buttons.length === 0) return [];
  return [
    {
      type: "actions",
      elements: buttons.slice(0, mostButtons).map(({ label, value, style }, index) => ({
        type: "button",
        action_id: `press-${index}`,
        text: plain(label),
        value,
        ...(style === null ? {} : { style }),
      })),
    },
  ];
}

function sayingValue(says: string, about: string | null): string {
  return JSON.stringify({ says, about } satisfies Pressed);
}

/** As many suspects as a button's value holds; any other service can be typed. */
function correctionValue(about: string, suspects: readonly string[]): string {
  for (let count = suspects.length; count > 0; count--) {
    const value = JSON.stringify({ suspects: suspects.slice(0, count), about } satisfies Pressed);
    if (value.length <= longestValue) return value;
  }
  return JSON.stringify({ suspects: [], about } satisfies Pressed);
}
