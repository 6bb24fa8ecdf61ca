import type { Schedule, Schedules } from "../jobs/enqueue.ts";
import { BotError } from "../pipeline/errors.ts";
import type { ScheduleCommand } from "../pipeline/schedule-command.ts";
import type { EpochMs, ReadQuestion } from "../pipeline/types.ts";
import { type Allowed, checkOperator } from "./access.ts";
import type { Command } from "./conversation.ts";
import type { Words } from "./reply.ts";
import type { ChatMessage, ThreadRef } from "./surface.ts";
import { dateTimeWords } from "./time-words.ts";

export interface ScheduleDesk {
  readonly schedules: Schedules;
  /** Null where a text is about something else. Throws: BotError "question-invalid". */
  readonly readWish: (text: string, timeZone: string) => ScheduleCommand | null;
  /** The services that a text names, among those there are. */
  readonly readServices: (
    text: string,
    message: ChatMessage,
    permitted: Allowed["permitted"],
  ) => Promise<Pick<ReadQuestion, "services" | "unknownServices">>;
  /** Where a message goes that begins a thread of its own beside this one. */
  readonly rootOf: (thread: ThreadRef) => ThreadRef;
  /** Whose schedules these are, and who asks. */
  readonly placeOf: (message: ChatMessage) => { readonly channel: string; readonly person: string };
}

/** Makes, shows and changes the schedules of a channel; null for a text that is about something else. */
export function scheduleCommands(desk: ScheduleDesk) {
  const { schedules, readWish, rootOf, placeOf } = desk;

  const servicesIn = (text: string, message: ChatMessage, { permitted }: Allowed) =>
    servicesOfWish(text, () => desk.readServices(text, message, permitted));

  return async ({ message, permission }: Command): Promise<Words | null> => {
    const wish = readWish(message.text, message.timeZone);
    if (wish === null) return null;
    if (wish.kind !== "list" && wish.kind !== "run")
      checkOperator(permission, message.from, "change schedules");
    const { channel } = placeOf(message);
    switch (wish.kind) {
      case "list":
        return listed(channel, message);
      case "add":
        return added(wish, message, permission);
      case "change": {
        const services =
          wish.services === null ? {} : { services: await servicesIn(wish.services, message, permission) };
        const changed = await schedules.change(channel, wish.id, { ...wish.time, ...services });
        return said(`Changed: ${await line(changed, message)}.`);
      }
      case "pause":
      case "resume": {
        const changed = await schedules.change(channel, wish.id, { isPaused: wish.kind === "pause" });
        return said(`${wish.kind === "pause" ? "Paused" : "Goes on"}: ${await line(changed, message)}.`);
      }
      case "delete":
        await schedules.delete(channel, wish.id);
        return said(`Deleted ${wish.id}.`);
      case "run":
        await schedules.run(channel, wish.id);
        return said(`${wish.id} is being made; it comes into the channel.`);
    }
  };

  async function added(
    wish: Extract<ScheduleCommand, { kind: "add" }>,
    message: ChatMessage,
    permission: Allowed,
  ): Promise<Words> {
    const schedule = await schedules.add({
      ...wish.time,
      ...placeOf(message),
      wish: message.id,
      thread: rootOf(message.thread),
      services: await servicesIn(wish.services, message, permission),
      isFixed: false,
      from: message.from,
    });
    return said(`Scheduled as ${await line(schedule, message)}.`, howTo(schedule.id));
  }

  async function listed(channel: string, message: ChatMessage): Promise<Words> {
    const here = await schedules.list(channel);
    if (here.length === 0) {
      return said(
        "Nothing is scheduled here.",
        'Say "schedule weekdays 9:00" to get what broke since the last summary, "schedule every 4 hours for geo" for one service.',
      );
    }
    return said(
      ...(await Promise.all(here.map((schedule) => line(schedule, message)))),
      howTo(here[0]?.id ?? "s1"),
    );
  }

  /** "s3, for geo, rate: weekdays at 09:00 …" */
  async function line(schedule: Schedule, { timeZone }: ChatMessage): Promise<string> {
    const { id, services } = schedule;
    const what = services.length === 0 ? "every service" : services.join(", ");
    return `${id}, for ${what}: ${scheduleLine(schedule, await schedules.nextOf(id), timeZone)}`;
  }
}

/** "weekdays at 09:00 (Europe/Berlin), next 2026-11-25 09:00:00": when a schedule is due, in the reader's zone. */
export function scheduleLine(
  { words, timeZone, isPaused }: Schedule,
  next: EpochMs | null,
  readersZone: string,
): string {
  const when = isPaused || next === null ? "paused" : `next ${dateTimeWords(next, readersZone)}`;
  return `${words} (${timeZone}), ${when}`;
}

/**
 * The services of a wish; none where it is about all of them.
 *
 * Throws: BotError "service-unknown" with the nearest names.
 */
export async function servicesOfWish(
  text: string,
  read: () => Promise<Pick<ReadQuestion, "services" | "unknownServices">>,
): Promise<string[]> {
  if (text === "") return [];
  const { services, unknownServices } = await read();
  const [unknown] = unknownServices;
  if (unknown === undefined && services.length > 0) return [...services];
  const name = unknown?.mentioned ?? text;
  const nearest =
    unknown === undefined || unknown.nearest.length === 0 ? "" : ` Nearest: ${unknown.nearest.join(", ")}.`;
  throw new BotError(
    "service-unknown",
    `No telemetry names a service "${name.slice(0, 60)}".${nearest} Schedule it with one of these, or leave "for …" out for every service.`,
  );
}

function howTo(id: string): string {
  return `Say "pause ${id}", "resume ${id}", "run ${id}", "change ${id} to weekdays 10:00" or "delete ${id}".`;
}

function said(...paragraphs: readonly string[]): Words {
  return { kind: "words", paragraphs };
}
