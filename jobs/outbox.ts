import { createHash } from "node:crypto";
import { z } from "zod";
import { type LaneOptions, type LaneWork, openLanes, startLaneWork } from "./lanes.ts";
import { type ChatThread, Content, type Notifier, type Outbox } from "./notifier.ts";

const Letter = z.object({ surface: z.string(), thread: z.string(), slot: z.string() });

/** KEYS: message. ARGV: content, "1" for final, milliseconds. Gives the version; nothing follows a final one. */
const putScript = `
if redis.call('HGET', KEYS[1], 'final') ~= '1' then
  redis.call('HSET', KEYS[1], 'content', ARGV[1], 'final', ARGV[2])
  redis.call('HINCRBY', KEYS[1], 'version', 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return redis.call('HGET', KEYS[1], 'version')`;

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
      const letter = { surface, thread: thread.thread, slot } satisfies z.infer<typeof Letter>;
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

/**
 * Brings each message to what it shall show. Versions that were overtaken are skipped, so progress costs no
 * more than the chat can take; a repeated version is nothing to do.
 */
export function startDelivery(options: DeliveryOptions): LaneWork {
  const { client } = options.connections;
  async function deliver(body: unknown): Promise<void> {
    const { surface, thread, slot } = Letter.parse(body);
    const at = { surface, thread };
    const key = messageKey(options, at, slot);
    const { content, version, sent, message, tried } = await client.hgetall(key);
    if (content === undefined || version === undefined || version === sent) return;
    if (message === undefined) await client.hset(key, "tried", "1");
    const id = await options.notifier.send({
      thread: at,
      key: slot,
      content: Content.parse(JSON.parse(content)),
      message: message ?? null,
      mayHaveLanded: message === undefined && tried === "1",
    });
    await client.hset(key, "message", id, "sent", version);
  }
  const { lockMs, concurrency, connections, keepMs, name } = options;
  return startLaneWork({
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
}
