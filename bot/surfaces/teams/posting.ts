import { asBotError } from "../../../pipeline/errors.ts";
import type { EpochMs } from "../../../pipeline/types.ts";
import type { Progress, Reply } from "../../reply.ts";
import type { MessageRef, ThreadRef } from "../../surface.ts";
import type { Outgoing, TeamsConnection } from "./connection.ts";
import { recent } from "./recent.ts";
import { renderForTeams, type TeamsMessage } from "./render.ts";
import { ending, informing, isTooOld, type Stream, streamIn, streamText } from "./streams.ts";
import { type TeamsThread, teamsThread } from "./thread-key.ts";

export interface PostingOptions {
  readonly connection: () => Promise<TeamsConnection>;
  /** Told of each message that answers a question. */
  readonly onAnswer: (thread: TeamsThread, messageId: string, questionId: string) => Promise<void>;
  readonly streaming: boolean;
  readonly now: () => EpochMs;
}

export interface Posting {
  post(thread: ThreadRef, reply: Reply, key: string): Promise<MessageRef>;
  update(message: MessageRef, reply: Reply, key: string): Promise<MessageRef>;
}

const rememberedSendings = 1_000;

/** Puts replies into Teams: as messages of their own, in the place of others, or as the end of a stream. */
export function posting({ connection, onAnswer, streaming, now }: PostingOptions): Posting {
  /** Ids of the parts that each sending has posted so far. */
  const landed = recent<readonly string[]>(rememberedSendings);

  /** Puts the messages where `before` are, and after them; takes away what is left. The first `made` are there. */
  async function put(
    thread: TeamsThread,
    before: readonly string[],
    messages: readonly TeamsMessage[],
    key: string,
    made = 0,
  ): Promise<string[]> {
    const known = landed.get(key) ?? [];
    const isLonger = known.length > before.length && before.every((id, index) => id === known[index]);
    const there = isLonger ? known : before;
    const ids = there.slice(0, made);
    for (const [index, message] of messages.entries()) {
      if (index < made) continue;
      const old = there[index];
      if (old === undefined) {
        ids.push(await (await connection()).send(thread, outgoing(message)));
        landed.set(key, [...ids]);
      } else {
        await (await connection()).update(thread, old, outgoing(message));
        ids.push(old);
      }
    }
    for (const id of there.slice(messages.length)) await (await connection()).remove(thread, id);
    landed.set(key, ids);
    return ids;
  }

  async function told(ref: ThreadRef, ids: readonly string[], reply: Reply): Promise<MessageRef> {
    const thread = teamsThread(ref);
    if (reply.kind === "answer") for (const id of ids) await onAnswer(thread, id, reply.questionId);
    return { thread: ref, id: ids.join(",") };
  }

  async function streamed(ref: ThreadRef, reply: Progress, stream: Stream | null): Promise<MessageRef> {
    const sent = await (await connection()).send(teamsThread(ref), informing(reply, stream));
    const next = {
      id: stream?.id ?? sent,
      sequence: (stream?.sequence ?? 0) + 1,
      startedAt: stream?.startedAt ?? now(),
    };
    return { thread: ref, id: streamText(next) };
  }

  /**
   * Ends a stream with a message. Where Teams refuses, it has ended already: with this message, if an earlier
   * try landed, and then it can be replaced; else because the reader stopped it or it took too long.
   */
  async function ended(thread: TeamsThread, stream: Stream, message: TeamsMessage): Promise<string> {
    const teams = await connection();
    try {
      await teams.send(thread, ending(message, outgoing(message), stream));
      return stream.id;
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    try {
      await teams.update(thread, stream.id, outgoing(message));
      return stream.id;
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    return teams.send(thread, outgoing(message));
  }

  async function updatedStream(
    { thread: ref, id }: MessageRef,
    stream: Stream,
    reply: Reply,
    key: string,
  ): Promise<MessageRef> {
    if (reply.kind === "progress" && !isTooOld(stream, now())) {
      try {
        return await streamed(ref, reply, stream);
      } catch (error) {
        // The end of it will show; what is done meanwhile need not.
        if (!isRefusal(error)) throw error;
        return { thread: ref, id };
      }
    }
    const thread = teamsThread(ref);
    const messages = renderForTeams(reply);
    const [known] = landed.get(key) ?? [];
    const [first] = messages;
    if (first === undefined) return { thread: ref, id };
    const made = known ?? (await ended(thread, stream, first));
    landed.set(key, landed.get(key) ?? [made]);
    return told(ref, await put(thread, [made], messages, key, 1), reply);
  }

  return {
    async post(ref, reply, key) {
      const thread = teamsThread(ref);
      if (streaming && thread.kind === "direct" && reply.kind === "progress" && reply.waiting === undefined) {
        try {
          return await streamed(ref, reply, null);
        } catch (error) {
          if (!isRefusal(error)) throw error;
        }
      }
      return told(ref, await put(thread, [], renderForTeams(reply), key), reply);
    },
    async update(message, reply, key) {
      const stream = streamIn(message.id);
      if (stream !== null) return updatedStream(message, stream, reply, key);
      const thread = teamsThread(message.thread);
      try {
        const messages = renderForTeams(reply, "update");
        return await told(message.thread, await put(thread, message.id.split(","), messages, key), reply);
      } catch (error) {
        // Somebody may have deleted the message; the answer is not lost for that.
        if (reply.kind === "progress" || !isRefusal(error)) throw error;
        landed.delete(key);
        return told(message.thread, await put(thread, [], renderForTeams(reply), key), reply);
      }
    },
  };
}

function isRefusal(error: unknown): boolean {
  return asBotError(error)?.code === "chat-refused";
}

/** A message in the form of the SDK, whose lists may be changed. */
function outgoing({ type, text, summary, attachments, entities, channelData }: TeamsMessage): Outgoing {
  return {
    type,
    text,
    summary,
    textFormat: "markdown",
    attachments: attachments.map((one) => ({ ...one })),
    entities: entities.map((one) => ({ ...one })),
    channelData,
  };
}
