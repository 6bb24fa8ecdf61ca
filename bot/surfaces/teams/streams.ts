import type { EpochMs } from "../../../pipeline/types.ts";
import { firstFindingWords } from "../../progress-so-far.ts";
import type { Progress } from "../../reply.ts";
import { stageWords } from "../../stage-words.ts";
import type { Outgoing } from "./connection.ts";
import { deadMarkdown } from "./dead-text.ts";
import type { TeamsMessage } from "./render.ts";

/** A message that is still being made before the reader's eyes; what a message's id holds until it is made. */
export interface Stream {
  readonly id: string;
  readonly sequence: number;
  readonly startedAt: EpochMs;
}

/** Teams ends a stream after two minutes. */
const longestMs = 100_000;
const form = /^stream ([^\s,]+) (\d+) (\d+)$/;

export function streamText({ id, sequence, startedAt }: Stream): string {
  return `stream ${id} ${sequence} ${startedAt}`;
}

/** null where `messageId` is that of a message, or of several. */
export function streamIn(messageId: string): Stream | null {
  const [, id, sequence, startedAt] = form.exec(messageId) ?? [];
  if (id === undefined) return null;
  return { id, sequence: Number(sequence), startedAt: Number(startedAt) };
}

export function isTooOld({ startedAt }: Stream, now: EpochMs): boolean {
  return now - startedAt >= longestMs;
}

/** What is done now, and found by now, as a stream shows it: a line without buttons. */
export function informing({ stages, found }: Progress, stream: Stream | null): Outgoing {
  const running = stages.find(({ state }) => state !== "done") ?? stages.at(-1);
  const place = stream === null ? {} : { streamId: stream.id };
  const streamSequence = (stream?.sequence ?? 0) + 1;
  const doing = running === undefined ? "Starting …" : `${stageWords[running.name]} …`;
  return {
    type: "typing",
    text: found === undefined ? doing : `${firstFindingWords} ${deadMarkdown(found)} ${doing}`,
    entities: [{ type: "streaminfo", streamType: "informative", streamSequence, ...place }],
  };
}

/** The message that a stream becomes. Text and card stay one message here, and Teams wants text. */
export function ending(message: TeamsMessage, outgoing: Outgoing, { id }: Stream): Outgoing {
  return {
    ...outgoing,
    text: message.text === "" ? deadMarkdown(message.summary) : message.text,
    entities: [...(outgoing.entities ?? []), { type: "streaminfo", streamType: "final", streamId: id }],
  };
}
