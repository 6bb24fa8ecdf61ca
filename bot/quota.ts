import type { Quota } from "../jobs/store.ts";
import type { EpochMs } from "../pipeline/types.ts";
import type { QuotaOptions } from "./access-options.ts";
import type { ChatMessage } from "./surface.ts";
import { clockWords } from "./time-words.ts";

const hour = 3_600_000;

/**
 * Counts a question for whoever asks it and for the channel, once however often its message is delivered; in a
 * conversation with the bot alone the channel is the person. What is refused counts for neither.
 *
 * Shape: null where it may be asked; else why not, and from when on, in words.
 */
export async function takeQuestion(
  { id, thread, from, timeZone }: ChatMessage,
  quota: Quota,
  options: QuotaOptions,
  now: () => EpochMs,
): Promise<string | null> {
  if (from === null) return null;
  const keyOf = (...parts: (string | null)[]) =>
    [thread.surface, from.place.team, ...parts].map((part) => encodeURIComponent(part ?? "")).join(":");
  const user = keyOf("user", from.person.id);
  const channel = keyOf("channel", from.place.channel);

  const ofUser = await quota.take(user, options.userPerHour, hour, id);
  if (!ofUser.ok) {
    const count = options.userPerHour === 1 ? "one question" : `${options.userPerHour} questions`;
    return `You have asked ${count} in the last hour; ${next(now() + ofUser.retryAfterMs, timeZone)}`;
  }
  if (from.place.kind === "direct") return null;
  const ofChannel = await quota.take(channel, options.channelPerHour, hour, id);
  if (ofChannel.ok) return null;
  await quota.giveBack(user, id);
  const count =
    options.channelPerHour === 1 ? "One question was" : `${options.channelPerHour} questions were`;
  return `${count} asked here in the last hour; ${next(now() + ofChannel.retryAfterMs, timeZone)}`;
}

function next(at: EpochMs, timeZone: string): string {
  return `the next one can be asked at ${clockWords(at, timeZone)}.`;
}
