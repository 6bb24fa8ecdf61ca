import type { Stage } from "../../../pipeline/types.ts";
import { plainText } from "../../plain-text.ts";
import { firstFindingWords } from "../../progress-so-far.ts";
import type { Failure, Progress, Reply, TimeRequest, Words } from "../../reply.ts";
import { stageWords } from "../../stage-words.ts";
import { answerBlocks, context, sections, summaryBlocks } from "./answer-blocks.ts";
import { type Block, richText, type TaskCard, wordsOf } from "./block.ts";
import { buttonBlocks, choiceBlocks } from "./buttons.ts";
import { bold, literal } from "./mrkdwn.ts";

/** One Slack message: its blocks, and all that they say as text for notifications and screen readers. */
export interface Part {
  readonly blocks: readonly Block[];
  readonly text: string;
}

/**
 * How much of Slack's newer blocks a workspace takes: all of them, only the old ones, or none, where even
 * those were refused.
 */
export type Form = "modern" | "classic" | "text";

/** Slack takes 50 blocks; from some 13,000 characters on it drops a message without a word. */
const mostBlocks = 45;
const mostCharacters = 10_000;
/** Slack asks to keep a message's text to so much. */
const longestFallback = 3_900;

/** A reply as Slack messages, in order: the first takes the place of the progress, the rest follow it. */
export function renderParts(reply: Reply, form: Form): Part[] {
  return packed(blocksOf(reply, form !== "classic")).map((blocks) => {
    const words = blocks
      .map(wordsOf)
      .filter((text) => text !== "")
      .join("\n");
    // As text alone nothing may be lost; beside blocks it is a shorter second telling.
    const text = form === "text" || words.length <= longestFallback ? words : cutBefore(words);
    return { blocks: form === "text" ? [] : blocks, text };
  });
}

function blocksOf(reply: Reply, modern: boolean): Block[] {
  switch (reply.kind) {
    case "answer":
      return answerBlocks(reply, modern);
    case "summary":
      return summaryBlocks(reply);
    case "progress":
      return progressBlocks(reply, modern);
    case "time-request":
      return timeRequestBlocks(reply);
    case "failure":
      return failureBlocks(reply);
    case "words":
      return wordsBlocks(reply);
  }
}

function progressBlocks(
  { stages, found, waiting, buttons = [], questionId }: Progress,
  modern: boolean,
): Block[] {
  const row =
    questionId === undefined ? [] : buttonBlocks({ buttons, about: questionId, suspects: [] }, false).row;
  if (waiting !== undefined) return [...sections([`:hourglass: ${literal(waiting)}`]), ...row];
  const running = stages.findLast(({ state }) => state === "started") ?? stages.at(-1);
  const title = running === undefined ? "Working on it" : `${stageWords[running.name]} …`;
  return [
    ...(modern
      ? [{ type: "plan" as const, title, tasks: stages.map(taskOf) }]
      : sections(stages.length === 0 ? [title] : stages.map(stageLine))),
    ...(found === undefined ? [] : sections([`${bold(firstFindingWords)} ${literal(found)}`])),
    ...row,
  ];
}

function taskOf({ name, state, detail }: Stage): TaskCard {
  const output = plainText(detail);
  return {
    type: "task_card",
    task_id: name,
    title: stageWords[name],
    status: state === "done" ? "complete" : "in_progress",
    ...(output === "" ? {} : { output: richText(output) }),
  };
}

function stageLine({ name, state, detail }: Stage): string {
  if (state === "started") return `:hourglass: ${stageWords[name]} …`;
  return `:white_check_mark: ${stageWords[name]}${detail === "" ? "" : `: ${literal(detail)}`}`;
}

function timeRequestBlocks({ text, choices }: TimeRequest): Block[] {
  return [
    ...sections([bold(text)]),
    ...choiceBlocks(choices),
    ...context(["Press one, or answer with a time of your own, such as: between 14:00 and 14:30"]),
  ];
}

function failureBlocks({ what, remedy }: Failure): Block[] {
  const [first = "", ...others] = what.split("\n");
  return [...sections([`:x: ${bold(first)}`, ...others.map(literal)]), ...context([remedy])];
}

function wordsBlocks({ paragraphs }: Words): Block[] {
  return sections(paragraphs.map(literal));
}

function packed(blocks: readonly Block[]): Block[][] {
  const parts: Block[][] = [];
  let part: Block[] = [];
  let characters = 0;
  for (const block of blocks) {
    const length = wordsOf(block).length;
    const isFull = part.length >= mostBlocks || characters + length > mostCharacters;
    if (part.length > 0 && isFull) {
      parts.push(part);
      part = [];
      characters = 0;
    }
    part.push(block);
    characters += length;
  }
  return part.length === 0 ? parts : [...parts, part];
}

/** Up to the last whole line that fits: an entity is never cut. */
function cutBefore(words: string): string {
  const end = words.lastIndexOf("\n", longestFallback);
  return end > 0 ? `${words.slice(0, end)}\n…` : "…";
}
