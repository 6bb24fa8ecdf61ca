import type { Schedule, SeenChannel } from "./enqueue.ts";
import type { OpenSchedules } from "./schedules.ts";

/** A schedule as it stands in the configuration, read. */
export interface FixedSchedule {
  /** "slack C1" or "slack T1 C1": as much of a channel's name as tells it. */
  readonly channel: string;
  readonly time: Pick<Schedule, "cron" | "timeZone" | "words">;
  readonly services: readonly string[];
}

/**
 * Makes the schedules of the configuration what is scheduled: adds, changes and takes away, and leaves what
 * was made in chats alone. A channel that the bot was never spoken to in is waited for.
 *
 * Shape: the channels that are waited for.
 */
export async function keepFixed(
  wanted: readonly FixedSchedule[],
  schedules: Pick<OpenSchedules, "add" | "all" | "channels" | "drop">,
): Promise<readonly string[]> {
  const channels = await schedules.channels();
  const missing: string[] = [];
  const kept = new Set<string>();
  for (const { channel, time, services } of wanted) {
    const seen = channels.find((one) => isChannel(one, channel));
    if (seen === undefined) {
      missing.push(channel);
      continue;
    }
    const { thread, from } = seen;
    const wish = JSON.stringify(["configuration", seen.channel, time, services]);
    const { id } = await schedules.add({
      ...time,
      wish,
      thread,
      channel: seen.channel,
      person: "configuration",
      services,
      isFixed: true,
      from,
    });
    kept.add(id);
  }
  for (const { id, isFixed } of await schedules.all()) {
    if (isFixed && !kept.has(id)) await schedules.drop(id);
  }
  return missing;
}

/** "slack C1" means "slack T1 C1". */
export function isChannel({ channel }: Pick<SeenChannel, "channel">, named: string): boolean {
  if (channel === named) return true;
  const [surface = "", ...parts] = channel.split(" ");
  const last = parts.at(-1) ?? "";
  return named === `${surface} ${last}` || named === last;
}
