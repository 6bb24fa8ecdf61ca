import { plainText } from "../../plain-text.ts";
import type { Answer, Failure, Reply, Words } from "../../reply.ts";
import { answerHead, answerParts, wholeAnswer } from "./answer-card.ts";
import { adaptiveCard, type Card, type CardElement, paragraph, run } from "./card.ts";
import { deadMarkdown } from "./dead-text.ts";
import { choiceElements, progressElements, summaryElements } from "./other-cards.ts";

/**
 * A message as it goes to Teams: text, or a card, and never both. Teams makes two messages of one that has both,
 * tells the id of neither, and so lets none be updated.
 */
export interface TeamsMessage {
  readonly type: "message";
  /** In Teams' Markdown; empty beside a card. */
  readonly text: string;
  /** What notifications and screen readers say. */
  readonly summary: string;
  readonly attachments: readonly { readonly contentType: string; readonly content: Card }[];
  readonly entities: readonly MessageEntity[];
  readonly channelData: Readonly<Record<string, unknown>>;
}

interface MessageEntity {
  readonly type: "https://schema.org/Message";
  readonly "@type": "Message";
  readonly "@context": "https://schema.org";
  readonly "@id": "";
  readonly additionalType: readonly ["AIGeneratedContent"];
  readonly citation?: readonly Citation[];
}

interface Citation {
  readonly "@type": "Claim";
  readonly position: number;
  readonly appearance: {
    readonly "@type": "DigitalDocument";
    readonly name: string;
    readonly abstract: string;
  };
}

/**
 * Bytes of JSON. Teams refuses messages over about 28 KB; the rest of the envelope (conversation,
 * sender, recipient) takes up to two.
 */
const mostBytes = 25_000;
const longestSummary = 200;
const longestAbstract = 160;
const mostCitations = 20;
const cardType = "application/vnd.microsoft.card.adaptive";

/**
 * A reply as the messages that show it: one, or more where one would be too long for Teams. What replaces a
 * message is a card, as most are: clients have shown nothing where a card became text.
 */
export function renderForTeams(reply: Reply, as: "post" | "update" = "post"): TeamsMessage[] {
  switch (reply.kind) {
    case "answer":
      return answerMessages(reply);
    case "summary":
      return labelled(
        cards(reply.headline, [
          paragraph([run(reply.headline, { weight: "Bolder", size: "Medium" })]),
          ...summaryElements(reply),
        ]),
      );
    case "progress":
      return cards(reply.waiting ?? "Working on it", progressElements(reply));
    case "time-request":
      return cards(reply.text, [
        paragraph([run(reply.text, { weight: "Bolder" })]),
        ...choiceElements(reply),
      ]);
    case "failure":
      return failureMessages(reply, as);
    case "words":
      return wordsMessages(reply, as);
  }
}

function answerMessages(answer: Answer): TeamsMessage[] {
  const [first = ""] = answer.verdictLines;
  const parts = answerParts(answer);
  const [whole] = labelled([message(first, wholeAnswer(answer, parts))]);
  if (whole !== undefined && bytesOf(whole) <= mostBytes) return [whole];
  return labelled([message(first, answerHead(answer, parts)), ...cards("More of the answer", parts.details)]);
}

function failureMessages({ what, remedy }: Failure, as: "post" | "update"): TeamsMessage[] {
  const [first = "", ...others] = [...what.split("\n"), remedy].filter((line) => line.trim() !== "");
  if (as === "post") return texts([`**${deadMarkdown(first)}**`, ...others.map(deadMarkdown)], first);
  return cards(first, [
    paragraph([run(first, { weight: "Bolder" })]),
    ...others.map((line) => paragraph([run(line)])),
  ]);
}

/** As text, where Teams shows a citation behind each number. */
function wordsMessages({ paragraphs, cited = [] }: Words, as: "post" | "update"): TeamsMessage[] {
  const [first = ""] = paragraphs;
  if (as === "update")
    return cards(
      first,
      paragraphs.map((text) => paragraph([run(text)])),
    );
  const dead = paragraphs.map(deadMarkdown);
  const numbered: Citation[] = [];
  for (const { id, text } of cited) {
    const at = dead.findIndex((one) => endOf(id, one) !== null);
    const end = endOf(id, dead[at] ?? "");
    if (end === null || numbered.length === mostCitations) continue;
    dead[at] = `${dead[at]?.slice(0, end)} [${numbered.length + 1}]${dead[at]?.slice(end)}`;
    numbered.push(citation(numbered.length + 1, id, text));
  }
  const messages = texts(dead, first);
  return numbered.length === 0
    ? messages
    : messages.map((one) => ({ ...one, entities: [labelWith(numbered, one.text)] }));
}

/** Behind the first place where `id` stands alone: "metric-1" is not in "metric-12". */
function endOf(id: string, text: string): number | null {
  for (let at = text.indexOf(id); at !== -1; at = text.indexOf(id, at + 1)) {
    const end = at + id.length;
    if (!/[\w-]/.test(text.charAt(at - 1)) && !/[\w-]/.test(text.charAt(end))) return end;
  }
  return null;
}

function citation(position: number, id: string, text: string): Citation {
  const abstract = shortened(text, longestAbstract);
  return {
    "@type": "Claim",
    position,
    appearance: { "@type": "DigitalDocument", name: plainText(id), abstract },
  };
}

/** Says that a machine made it, and asks for thumbs up or down; those belong to the first message. */
function labelled(messages: readonly TeamsMessage[]): TeamsMessage[] {
  return messages.map((one, index) => ({
    ...one,
    entities: [label],
    channelData: index === 0 ? { feedbackLoop: { type: "default" } } : {},
  }));
}

const label = {
  type: "https://schema.org/Message",
  "@type": "Message",
  "@context": "https://schema.org",
  "@id": "",
  additionalType: ["AIGeneratedContent"],
} as const;

/** With the citations whose numbers stand in the text: in another message they have no meaning. */
function labelWith(citations: readonly Citation[], text: string): MessageEntity {
  return { ...label, citation: citations.filter(({ position }) => text.includes(`[${position}]`)) };
}

// ── Sizes ───────────────────────────────────────────────────────────────────────────────────────

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Elements in as many cards as they need, none cut. */
function cards(summary: string, elements: readonly CardElement[]): TeamsMessage[] {
  const room = mostBytes - bytesOf(labelled([message(summary, [])]));
  return chunks(elements, room, bytesOf).map((chunk) => message(summary, chunk));
}

/** Paragraphs in as many messages as they need, none cut. */
function texts(paragraphs: readonly string[], summary: string): TeamsMessage[] {
  const room = mostBytes - bytesOf(labelled([message(summary, [])]));
  return chunks(paragraphs, room, bytesOf).map((chunk) => ({
    ...message(summary, []),
    text: chunk.join("\n\n"),
  }));
}

/** Each chunk as full as it can be; one that holds a single item may be larger. There is always one. */
function chunks<Item>(items: readonly Item[], room: number, sizeOf: (item: Item) => number): Item[][] {
  const found: Item[][] = [[]];
  let used = 0;
  for (const item of items) {
    const size = sizeOf(item) + 1;
    if (used > 0 && used + size > room) {
      found.push([]);
      used = 0;
    }
    found.at(-1)?.push(item);
    used += size;
  }
  return found;
}

/** A card, or what text can be put into. */
function message(summary: string, elements: readonly CardElement[]): TeamsMessage {
  return {
    type: "message",
    text: "",
    summary: shortened(summary, longestSummary),
    attachments: elements.length === 0 ? [] : [{ contentType: cardType, content: adaptiveCard(elements) }],
    entities: [],
    channelData: {},
  };
}

function shortened(text: string, longest: number): string {
  const plain = plainText(text);
  return plain.length <= longest ? plain : `${plain.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
