import { z } from "zod";
import type { ChatMessage, Person, Place } from "../../surface.ts";
import type { CallSlack } from "./bolt.ts";
import { refusalOf } from "./chat-failure.ts";
import { literal } from "./mrkdwn.ts";
import type { Poster } from "./post.ts";
import { kindOf } from "./read-payload.ts";
import { type SlackThread, slackThread, threadRef } from "./slack-thread.ts";

const User = z.object({
  user: z.object({
    team_id: z.string().optional(),
    tz: z.string().nullish(),
    is_bot: z.boolean().default(false),
    is_restricted: z.boolean().default(false),
    is_ultra_restricted: z.boolean().default(false),
    is_stranger: z.boolean().default(false),
  }),
});

const Channel = z.object({
  channel: z.object({
    is_im: z.boolean().default(false),
    is_mpim: z.boolean().default(false),
    is_ext_shared: z.boolean().default(false),
    is_pending_ext_shared: z.boolean().default(false),
  }),
});

/** A thread of ten people is one channel: Slack allows some 50 such calls a minute. */
const rememberedMs = 60_000;
const mostRemembered = 2_000;
const longestQuestion = 400;

type Who = Pick<Person, "isGuest" | "isBot"> & { readonly timeZone: string };
type Where = Pick<Place, "kind" | "isShared">;

export interface People {
  /** Adds zone, guest and shared to a message, and opens the thread of one that has none yet. */
  complete(message: ChatMessage): Promise<ChatMessage>;
}

/** Throws: BotError "chat-unavailable" or "chat-refused". */
export function people(call: CallSlack, poster: Poster, now: () => number): People {
  const users = remembering<Who>(now);
  const channels = remembering<Where>(now);

  async function whoIs(team: string, id: string): Promise<Who> {
    // An id of a bot that has no user: nobody of whom Slack could tell more.
    if (id.startsWith("B")) return { isGuest: false, isBot: true, timeZone: "UTC" };
    return users(`${team}/${id}`, async () => {
      const found = await unlessUnknown(call(team, "users.info", { user: id }, User));
      if (found === null) return { isGuest: true, isBot: false, timeZone: "UTC" };
      const { user } = found;
      const isElsewhere = user.team_id !== undefined && user.team_id !== team;
      return {
        isGuest: user.is_restricted || user.is_ultra_restricted || user.is_stranger || isElsewhere,
        isBot: user.is_bot,
        timeZone: isTimeZone(user.tz) ? user.tz : "UTC",
      };
    });
  }

  async function whereIs(team: string, id: string): Promise<Where> {
    return channels(`${team}/${id}`, async () => {
      const found = await unlessUnknown(call(team, "conversations.info", { channel: id }, Channel));
      if (found === null) return { kind: kindOf(id), isShared: true };
      const { channel } = found;
      const kind = channel.is_im ? "direct" : channel.is_mpim ? "group" : kindOf(id);
      return { kind, isShared: channel.is_ext_shared || channel.is_pending_ext_shared };
    });
  }

  async function opened(thread: SlackThread, message: ChatMessage, person: string): Promise<SlackThread> {
    if (thread.root !== "+") return thread;
    const question = literal(message.text.slice(0, longestQuestion));
    const root = await poster.postOnce(thread, `<@${person}> asks: ${question}`, `${message.id}-thread`);
    return { ...thread, root };
  }

  return {
    async complete(message) {
      if (message.from === null) return message;
      const { person, place } = message.from;
      const thread = slackThread(message.thread);
      const who = await whoIs(thread.team, person.id);
      const where = await whereIs(thread.team, thread.channel);
      const open = await opened(thread, message, person.id);
      return {
        ...message,
        thread: threadRef(open),
        timeZone: who.timeZone,
        from: {
          person: { ...person, isGuest: who.isGuest, isBot: person.isBot || who.isBot },
          place: { ...place, ...where },
        },
      };
    },
  };
}

/** Of whom and of what Slack does not tell the bot: people and channels of others. */
const unknown = new Set(["user_not_found", "user_not_visible", "channel_not_found"]);

async function unlessUnknown<Answer>(asked: Promise<Answer>): Promise<Answer | null> {
  try {
    return await asked;
  } catch (error) {
    if (unknown.has(refusalOf(error) ?? "")) return null;
    throw error;
  }
}

/** Remembers what was asked for a while. */
function remembering<Value>(now: () => number): (key: string, ask: () => Promise<Value>) => Promise<Value> {
  const known = new Map<string, { readonly value: Value; readonly until: number }>();
  return async (key, ask) => {
    const kept = known.get(key);
    if (kept !== undefined && kept.until > now()) return kept.value;
    const value = await ask();
    if (known.size >= mostRemembered) known.clear();
    known.set(key, { value, until: now() + rememberedMs });
    return value;
  };
}

function isTimeZone(name: string | null | undefined): name is string {
  if (name === null || name === undefined) return false;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
