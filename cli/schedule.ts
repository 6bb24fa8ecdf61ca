import { plainText } from "../bot/plain-text.ts";
import { scheduleLine, servicesOfWish } from "../bot/schedule-commands.ts";
import { openSchedulesOf } from "../compose.ts";
import type { Config } from "../config.ts";
import type { Schedule, Schedules, SeenChannel } from "../jobs/enqueue.ts";
import { isChannel } from "../jobs/fixed-schedules.ts";
import { BotError } from "../pipeline/errors.ts";
import { readQuestion } from "../pipeline/question/index.ts";
import { readSchedule } from "../pipeline/question/read-schedule.ts";
import { serviceNames } from "../question-reader.ts";
import { configWith } from "./question-options.ts";
import { exitCodes, printJson, printLine, type Shell } from "./shell.ts";

export interface ScheduleOptions {
  readonly channel?: string | undefined;
  readonly json?: boolean | undefined;
  readonly config?: string | undefined;
}

/**
 * Lists, makes and changes the schedules of chats, in the words that a chat takes. Returns the exit code.
 *
 * Throws: BotError "question-invalid" for words that are not understood, and a channel that is not known.
 */
export async function schedule(
  words: readonly string[],
  options: ScheduleOptions,
  shell: Shell,
): Promise<number> {
  const config = configWith({ config: options.config });
  const { schedules, close } = await openSchedulesOf(config);
  try {
    const text = words.join(" ").trim();
    const changed = text === "" ? null : await carriedOut(text, schedules, options, config, shell);
    const shown = changed === null ? await listed(schedules, options) : [changed];
    if (options.json === true) printJson(shell, shown.map(scheduleJson));
    else if (shown.length === 0) printLine(shell, "Nothing is scheduled.");
    for (const one of options.json === true ? [] : shown) {
      const what = one.services.length === 0 ? "every service" : one.services.join(", ");
      const when = scheduleLine(one, await schedules.nextOf(one.id), config.timeZone);
      printLine(shell, plainText(`${one.id}  ${one.channel}, for ${what}: ${when}`));
    }
    return exitCodes.answered;
  } finally {
    await close();
  }
}

async function listed(schedules: Schedules, { channel }: ScheduleOptions): Promise<Schedule[]> {
  const all = await schedules.all();
  return channel === undefined ? all : all.filter((one) => isChannel(one, channel));
}

/** Gives the schedule as it is then; null where it is gone, or all are asked for. */
async function carriedOut(
  text: string,
  schedules: Schedules,
  options: ScheduleOptions,
  config: Config,
  shell: Shell,
): Promise<Schedule | null> {
  const wish = readSchedule(text, config.timeZone) ?? readSchedule(`schedule ${text}`, config.timeZone);
  if (wish === null || wish.kind === "list") return null;
  const servicesIn = (said: string) =>
    servicesOfWish(said, async () =>
      readQuestion(
        {
          id: "",
          text: `sum up ${said}`,
          askedAt: shell.now(),
          timeZone: config.timeZone,
          askedWindow: null,
        },
        await serviceNames(config, shell.signal),
        config.pipeline,
      ),
    );
  if (wish.kind === "add") {
    const { channel, thread, from } = await named(options.channel, schedules);
    return schedules.add({
      ...wish.time,
      wish: `command ${shell.now()} ${text}`,
      thread,
      channel,
      person: "operator",
      services: await servicesIn(wish.services),
      isFixed: false,
      from,
    });
  }
  const known = (await schedules.all()).find(({ id }) => id === wish.id);
  if (known === undefined) {
    throw new BotError(
      "question-invalid",
      `There is no schedule ${wish.id}. Run "localexpert schedule" to see those there are.`,
    );
  }
  switch (wish.kind) {
    case "change":
      return schedules.change(known.channel, known.id, {
        ...wish.time,
        ...(wish.services === null ? {} : { services: await servicesIn(wish.services) }),
      });
    case "pause":
    case "resume":
      return schedules.change(known.channel, known.id, { isPaused: wish.kind === "pause" });
    case "delete":
      await schedules.delete(known.channel, known.id);
      return null;
    case "run":
      await schedules.run(known.channel, known.id);
      return known;
  }
}

async function named(channel: string | undefined, schedules: Schedules): Promise<SeenChannel> {
  const channels = await schedules.channels();
  const fitting = channel === undefined ? channels : channels.filter((one) => isChannel(one, channel));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  const names = channels.map((one) => `"${one.channel}"`).join(", ");
  throw new BotError(
    "question-invalid",
    channels.length === 0
      ? "The bot was not spoken to in any channel yet, so it knows no way there. Ask it something in the channel first."
      : `Name one channel with --channel: ${names}.`,
  );
}

function scheduleJson({
  id,
  channel,
  cron,
  timeZone,
  words,
  services,
  isPaused,
  isFixed,
}: Schedule): unknown {
  return { id, channel, cron, timeZone, words, services, isPaused, isFixed };
}
