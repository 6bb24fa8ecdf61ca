import { plainText } from "../../plain-text.ts";
import type { Answer, Progress, Reply, TimeRequest } from "../../reply.ts";
import { answerHead, answerParts, wholeAnswer } from "./answer-card.ts";
import { adaptiveCard, type Card, type CardElement } from "./card.ts";
import { deadMarkdown } from "./dead-text.ts";
import { choiceElements, progressElements, summaryElements } from "./other-cards.ts";

/** A message as it goes to Teams. */
export interface TeamsMessage {
  readonly type: "message";
  /** In Teams' Markdown; above the card. */
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
  readonly citation: readonly Citation[];
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
const mostCitations = 3;
const cardType = "application/vnd.microsoft.card.adaptive";

/** A reply as the messages that show it: one, or more where one would be too long for Teams. */
export function renderForTeams(reply: Reply): TeamsMessage[] {
  switch (reply.kind) {
    case "answer":
      return answerMessages(reply);
    case "summary":
      return labelled(cards(deadMarkdown(reply.headline), reply.headline, summaryElements(reply)), []);
    case "progress":
      return cards("", progressSummary(reply), progressElements(reply));
    case "time-request":
      return timeRequestMessages(reply);
    case "failure": {
      const lines = [...reply.what.split("\n"), reply.remedy].filter((line) => line.trim() !== "");
      const [first = "", ...others] = lines;
      return texts([`**${deadMarkdown(first)}**`, ...others.map(deadMarkdown)], first);
    }
    case "words":
      return texts(reply.paragraphs.map(deadMarkdown), reply.paragraphs[0] ?? "");
  }
}

function answerMessages(answer: Answer): TeamsMessage[] {
  const citations = citationsOf(answer);
  const marks = citations.map(({ position }) => `[${position}]`).join("");
  const [first = "", ...others] = answer.verdictLines;
  const said = others.map(deadMarkdown);
  const text = [`**${deadMarkdown(first)}**`, ...said].join("\n\n") + (marks === "" ? "" : ` ${marks}`);
  const parts = answerParts(answer);
  const whole = message(text, first, wholeAnswer(answer, parts));
  if (fits(whole, citations)) return labelled([whole], citations);
  return labelled(
    [message(text, first, answerHead(answer, parts)), ...cards("", "More of the answer", parts.details)],
    citations,
  );
}

/** What the verdict rests on, as Teams shows it where a number in the text is pointed at. */
function citationsOf({ causes, evidence }: Answer): Citation[] {
  const cited = causes[0]?.evidence ?? [];
  return evidence
    .filter(({ id }) => cited.includes(id))
    .slice(0, mostCitations)
    .map((one, index) => ({
      "@type": "Claim",
      position: index + 1,
      appearance: {
        "@type": "DigitalDocument",
        name: plainText(one.id),
        abstract: shortened(one.text, longestAbstract),
      },
    }));
}

function progressSummary({ waiting }: Progress): string {
  return waiting ?? "Working on it";
}

function timeRequestMessages(request: TimeRequest): TeamsMessage[] {
  return [message(deadMarkdown(request.text), request.text, choiceElements(request))];
}

/** Says that a machine made it, and asks for thumbs up or down; those belong to the first message. */
function labelled(messages: readonly TeamsMessage[], citations: readonly Citation[]): TeamsMessage[] {
  return messages.map((one, index) => ({
    ...one,
    entities: [
      {
        type: "https://schema.org/Message",
        "@type": "Message",
        "@context": "https://schema.org",
        "@id": "",
        additionalType: ["AIGeneratedContent"],
        citation: index === 0 ? citations : [],
      },
    ],
    channelData: index === 0 ? { feedbackLoop: { type: "default" } } : {},
  }));
}

// ── Sizes ───────────────────────────────────────────────────────────────────────────────────────

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function fits(one: TeamsMessage, citations: readonly Citation[]): boolean {
  return bytesOf(one) + bytesOf(citations) <= mostBytes;
}

/** Elements in as many cards as they need, none cut; `text` stands above the first. */
function cards(text: string, summary: string, elements: readonly CardElement[]): TeamsMessage[] {
  const room = mostBytes - bytesOf(message(text, summary, []));
  return chunks(elements, room, bytesOf).map((chunk, index) =>
    message(index === 0 ? text : "", summary, chunk),
  );
}

/** Paragraphs in as many messages as they need, none cut. */
function texts(paragraphs: readonly string[], summary: string): TeamsMessage[] {
  const room = mostBytes - bytesOf(message("", summary, []));
  return chunks(paragraphs, room, bytesOf).map((chunk) => message(chunk.join("\n\n"), summary, []));
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

function message(text: string, summary: string, elements: readonly CardElement[]): TeamsMessage {
  return {
    type: "message",
    text,
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
