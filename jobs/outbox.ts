import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import { BotError } from "../pipeline/errors.ts";
import { type LaneHold, type LaneOptions, type LaneWork, openLanes, startLaneWork } from "./lanes.ts";
import { type ChatThread, Content, type Notifier, type Outbox } from "./notifier.ts";

const Letter = z.object({
  surface: z.string(),
  thread: z.string(),
  slot: z.string(),
  /** The version of the message that it was put for; null: of a program that did not say so. */
  version: z.string().nullable().default(null),
});

type Letter = z.infer<typeof Letter>;

/** KEYS: message. ARGV: content, "1" for final, milliseconds. Gives the version; nothing follows a final one. */
const putScript = `
if redis.call('HGET', KEYS[1], 'final') ~= '1' then
  redis.call('HSET', KEYS[1], 'content', ARGV[1], 'final', ARGV[2])
  if ARGV[2] ~= '1' then redis.call('HSETNX', KEYS[1], 'opening', ARGV[1]) end
  redis.call('HINCRBY', KEYS[1], 'version', 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return redis.call('HGET', KEYS[1], 'version')`;

/**
 * KEYS: message. ARGV: its id in the chat, the version it shows, the id and the version known before. Where
 * another program has sent it meanwhile, its message stands; what it shows is no longer known.
 */
const sentScript = `
local message = redis.call('HGET', KEYS[1], 'message') or ''
local sent = redis.call('HGET', KEYS[1], 'sent') or ''
if sent ~= ARGV[4] then
  redis.call('HDEL', KEYS[1], 'sent')
  return message
end
redis.call('HSET', KEYS[1], 'message', ARGV[1], 'sent', ARGV[2])
return false`;

const laneOf = ({ surface, thread }: ChatThread) => JSON.stringify([surface, thread]);

function messageKey({ connections, name }: LaneOptions, thread: ChatThread, slot: string): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([thread.surface, thread.thread, slot]))
    .digest("hex");
  return `${connections.prefix}:message:${name}:${hash.slice(0, 32)}`;
}

/** The messages of threads, each with what it shall show; one lane per thread keeps their order. */
export function openOutbox(options: LaneOptions): Outbox & { close(): Promise<void> } {
  const lanes = openLanes(options);
  const { client } = options.connections;
  return {
    async put(thread, slot, content, isFinal) {
      const key = messageKey(options, thread, slot);
      const text = JSON.stringify(content);
      const version = await client.eval(putScript, 1, key, text, isFinal ? "1" : "0", options.keepMs * 2);
      // Also where a final one stood already: whoever put that may have ended before it came to this.
      const { surface } = thread;
      const letter: Letter = { surface, thread: thread.thread, slot, version: String(version) };
      await lanes.put(laneOf(thread), { id: `${slot}@${String(version)}`, body: letter });
    },
    close: () => lanes.close(),
  };
}

export interface DeliveryOptions extends LaneOptions {
  readonly notifier: Notifier;
  readonly concurrency: number;
  /** A message that its chat will never take. */
  readonly onDropped: (thread: ChatThread, error: unknown) => void;
  readonly lockMs?: number;
}

/** Throws: BotError, to be tried again, where a newer version has put what this one does not know. */
function contentIn(text: string): Content {
  const read = Content.safeParse(JSON.parse(text));
  if (read.success) return read.data;
  throw new BotError("chat-unavailable", "A message waits for a program of the version that left it.", {
    cause: read.error,
  });
}

/**
 * Brings each message to what it shall show. Versions that were overtaken are skipped, so progress costs no
 * more than the chat can take; a repeated version is nothing to do. Only a message that is not there yet is
 * posted all the same, in its place among the others, as it began.
 */
export function startDelivery(options: DeliveryOptions): LaneWork {
  const { client } = options.connections;
  const lanes = openLanes(options);
  async function deliver(body: unknown, hold: LaneHold): Promise<void> {
    const letter = Letter.parse(body);
    const { surface, thread, slot } = letter;
    const at = { surface, thread };
    const key = messageKey(options, at, slot);
    const { content, version: latest, sent, message, tried, opening } = await client.hgetall(key);
    if (content === undefined || latest === undefined || latest === sent) return;
    // What is newer has a letter of its own behind this one, and behind those of messages before it.
    const isOvertaken = letter.version !== null && letter.version !== latest;
    if (isOvertaken && (message !== undefined || opening === undefined)) return;
    const version = isOvertaken ? (letter.version ?? latest) : latest;
    const shown = contentIn(isOvertaken ? (opening ?? content) : content);
    // A posting may have landed in any state; of an edit only the parts that it adds can, those of this version.
    const mayHaveLanded = message === undefined ? tried !== undefined : tried === version;
    await client.hset(key, "tried", version);
    // One that was stopped for a while goes on here, when another one may have sent it.
    if (!hold.isSure()) throw new BotError("chat-unavailable", "The thread is another program's by now.");
    const id = await options.notifier.send({
      thread: at,
      key: slot,
      content: shown,
      message: message ?? null,
      mayHaveLanded,
    });
    const standing = await client.eval(sentScript, 1, key, id, version, message ?? "", sent ?? "");
    if (typeof standing !== "string") return;
    if (standing !== id) await options.notifier.takeBack({ thread: at, message: id, standing });
    const again: Letter = { ...letter, version: null };
    await lanes.put(laneOf(at), { id: `${slot}@${version} ${randomUUID()}`, body: again });
  }
  const { lockMs, concurrency, connections, keepMs, name } = options;
  const work = startLaneWork({
    connections,
    keepMs,
    name,
    concurrency,
    ...(lockMs === undefined ? {} : { lockMs }),
    handle: deliver,
    onDropped: (body, error) => {
      const letter = Letter.safeParse(body);
      options.onDropped(letter.success ? letter.data : { surface: "", thread: "" }, error);
    },
  });
  return {
    async close(drainMs) {
      await work.close(drainMs);
      await lanes.close();
    },
  };
}
