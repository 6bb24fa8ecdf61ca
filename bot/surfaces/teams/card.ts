import { deadRun } from "./dead-text.ts";

/** An element of an Adaptive Card, as the schema of version 1.5 has it. */
export interface CardElement {
  readonly type: string;
  readonly [property: string]: unknown;
}
export type CardAction = CardElement;

export interface Card {
  readonly type: "AdaptiveCard";
  readonly $schema: string;
  readonly version: "1.5";
  readonly body: readonly CardElement[];
  readonly msteams: { readonly width: "Full" };
}

/** What a text run can look like. */
export interface RunStyle {
  readonly weight?: "Bolder";
  readonly size?: "Small" | "Medium";
  readonly isSubtle?: true;
  readonly color?: "Attention" | "Good" | "Accent";
  readonly fontType?: "Monospace";
}

export interface Run extends RunStyle {
  readonly type: "TextRun";
  readonly text: string;
}

/** Teams shows as many in a row; more are hidden behind "…". */
export const mostInRow = 6;

export function adaptiveCard(body: readonly CardElement[]): Card {
  return {
    type: "AdaptiveCard",
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    version: "1.5",
    body,
    msteams: { width: "Full" },
  };
}

export function run(text: string, style: RunStyle = {}): Run {
  return { type: "TextRun", text: deadRun(text), ...style };
}

/** A paragraph. Runs, not text blocks: these read Markdown, and would make links of what a log line says. */
export function paragraph(runs: readonly Run[], spacing: "None" | "Small" | "Medium" = "Small"): CardElement {
  return { type: "RichTextBlock", spacing, inlines: runs };
}

export function container(
  items: readonly CardElement[],
  more: Readonly<Record<string, unknown>> = {},
): CardElement {
  return { type: "Container", spacing: "Medium", items, ...more };
}

/** A title and what stands below it; nothing where nothing stands below it. */
export function section(title: string, items: readonly CardElement[]): CardElement[] {
  if (items.length === 0) return [];
  return [paragraph([run(title, { weight: "Bolder" })], "Medium"), ...items];
}

export function bullets(texts: readonly string[], mark: string): CardElement[] {
  return texts.map((text) => paragraph([run(`${mark} ${text}`)]));
}

/** Actions in rows, none where there are none. */
export function actionRows(actions: readonly CardAction[]): CardElement[] {
  const rows: CardElement[] = [];
  for (let from = 0; from < actions.length; from += mostInRow) {
    rows.push({ type: "ActionSet", spacing: "Small", actions: actions.slice(from, from + mostInRow) });
  }
  return rows;
}

/** Shows or hides an element of the same card, without asking the bot. */
export function toggle(title: string, id: string): CardAction {
  return { type: "Action.ToggleVisibility", title, targetElements: [id] };
}
