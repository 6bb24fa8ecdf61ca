import { z } from "zod";
import type { Reply } from "../../reply.ts";
import type { MessageRef, Sending, ThreadRef } from "../../surface.ts";
import type { CallSlack } from "./bolt.ts";
import { refusalOf } from "./chat-failure.ts";
import { type Form, type Part, renderParts } from "./render.ts";
import { type SlackThread, slackThread, threadTs } from "./slack-thread.ts";

const Posted = z.object({ ts: z.string() });
const Done = z.object({ ok: z.boolean() });

/** Messages with what was kept about them when they were posted. */
const Messages = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      metadata: z
        .object({
          event_type: z.string(),
          event_payload: z.object({ key: z.string(), part: z.number() }).partial(),
        })
        .optional(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

const eventType = "localexpert_reply";
const pageSize = 100;
/** A thread has at most a thousand or so messages worth looking through. */
const mostPages = 10;

/** Answers of Slack that mean: not with these blocks. */
const blockRefusals = new Set([
  "invalid_blocks",
  "invalid_blocks_format",
  "msg_blocks_too_long",
  "invalid_arguments",
]);
const gone = new Set(["message_not_found", "cant_update_message", "edit_window_closed"]);

export interface Poster {
  post(thread: ThreadRef, reply: Reply, sending: Sending): Promise<MessageRef>;
  update(message: MessageRef, reply: Reply, sending: Sending): Promise<MessageRef>;
  takeBack(message: MessageRef, standing: MessageRef): Promise<void>;
  /** Posts one text, or gives the `ts` of it where that was done before. */
  postOnce(thread: SlackThread, text: string, key: string): Promise<string>;
}

/**
 * Posts and edits replies. Each message carries the key of its sending, so that one whose answer was lost is
 * found and not posted again.
 *
 * Throws: BotError "chat-unavailable" or "chat-refused".
 */
export function poster(call: CallSlack): Poster {
  /** Workspaces that refused newer blocks, or all of them. */
  const forms = new Map<string, Form>();

  async function post(thread: ThreadRef, reply: Reply, sending: Sending): Promise<MessageRef> {
    return say(thread, reply, sending, []);
  }

  async function update(message: MessageRef, reply: Reply, sending: Sending): Promise<MessageRef> {
    return say(message.thread, reply, sending, message.id.split(","));
  }

  async function say(
    ref: ThreadRef,
    reply: Reply,
    sending: Sending,
    shown: readonly string[],
  ): Promise<MessageRef> {
    const thread = slackThread(ref);
    const there = new Map(shown.entries());
    let hasLooked = shown.length === 0 && !sending.mayHaveLanded;
    const parts = await inSomeForm(thread.team, async (form) => {
      const rendered = renderParts(reply, form);
      for (const [index, part] of rendered.entries()) {
        const message: Message = { thread, part, key: sending.key, index };
        if (!there.has(index) && !hasLooked) {
          // A try that ended half-way has posted what was not heard of; it may show an earlier state.
          for (const [at, ts] of await find(thread, sending.key)) if (!there.has(at)) there.set(at, ts);
          hasLooked = true;
        }
        const known = there.get(index);
        const isEdited = known !== undefined && (await edit(message, known));
        // Who deletes the progress does not want more of it; the answer is posted anew.
        if (known === undefined || (!isEdited && reply.kind !== "progress")) {
          there.set(index, await send(message));
        }
      }
      return rendered;
    });
    for (const [index, surplus] of there) if (index >= parts.length) await remove(thread, surplus);
    return { thread: ref, id: parts.map((_part, index) => there.get(index)).join(",") };
  }

  /** Tries what the workspace is known to take, then what is simpler, so that no answer is lost to a block. */
  async function inSomeForm<Result>(team: string, attempt: (form: Form) => Promise<Result>): Promise<Result> {
    const form = forms.get(team) ?? "modern";
    try {
      return await attempt(form);
    } catch (error) {
      if (form === "text" || !blockRefusals.has(refusalOf(error) ?? "")) throw error;
      forms.set(team, form === "modern" ? "classic" : "text");
      const result = await inSomeForm(team, attempt);
      // That one message was too much says nothing about the next ones.
      if (form === "classic") forms.set(team, "classic");
      return result;
    }
  }

  async function send({ thread, part, key, index }: Message): Promise<string> {
    const { ts } = await call(
      thread.team,
      "chat.postMessage",
      { channel: thread.channel, ...threadTs(thread), ...content(part, key, index) },
      Posted,
    );
    return ts;
  }

  /** Whether it was; false where somebody has deleted the message since. */
  async function edit({ thread, part, key, index }: Message, ts: string): Promise<boolean> {
    const parameters = { channel: thread.channel, ts, ...content(part, key, index) };
    try {
      await call(thread.team, "chat.update", parameters, Done);
      return true;
    } catch (error) {
      if (gone.has(refusalOf(error) ?? "")) return false;
      throw error;
    }
  }

  async function remove({ team, channel }: SlackThread, ts: string): Promise<void> {
    try {
      await call(team, "chat.delete", { channel, ts }, Done);
    } catch (error) {
      if (!gone.has(refusalOf(error) ?? "")) throw error;
    }
  }

  /** The parts of a sending that are there already, by their number. */
  async function find(thread: SlackThread, key: string): Promise<Map<number, string>> {
    const found = new Map<number, string>();
    const within = threadTs(thread).thread_ts;
    let cursor: string | undefined;
    for (let page = 0; page < mostPages; page++) {
      const { messages, response_metadata } = await call(
        thread.team,
        within === undefined ? "conversations.history" : "conversations.replies",
        {
          channel: thread.channel,
          ...(within === undefined ? {} : { ts: within }),
          limit: pageSize,
          include_all_metadata: true,
          ...(cursor === undefined ? {} : { cursor }),
        },
        Messages,
      );
      for (const { ts, metadata } of messages) {
        const payload = metadata?.event_type === eventType ? metadata.event_payload : {};
        if (payload.key === key) found.set(payload.part ?? 0, ts);
      }
      cursor = response_metadata?.next_cursor;
      // A channel's history begins with the latest: what was just posted is on its first page.
      if (within === undefined || cursor === undefined || cursor === "") break;
    }
    return found;
  }

  async function takeBack(message: MessageRef, standing: MessageRef): Promise<void> {
    const stays = standing.id.split(",");
    for (const ts of message.id.split(",")) {
      if (!stays.includes(ts)) await remove(slackThread(message.thread), ts);
    }
  }

  async function postOnce(thread: SlackThread, text: string, key: string): Promise<string> {
    const landed = (await find(thread, key)).get(0);
    return landed ?? send({ thread, part: { blocks: [], text }, key, index: 0 });
  }

  return { post, update, takeBack, postOnce };
}

interface Message {
  readonly thread: SlackThread;
  readonly part: Part;
  readonly key: string;
  readonly index: number;
}

function content({ text, blocks }: Part, key: string, part: number): Record<string, unknown> {
  return {
    text,
    blocks,
    metadata: { event_type: eventType, event_payload: { key, part } },
    parse: "none",
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  };
}
