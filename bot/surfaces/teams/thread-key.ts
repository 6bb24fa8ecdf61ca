import { z } from "zod";
import type { ThreadRef } from "../../surface.ts";

/**
 * Where an answer goes, all of it in the thread's name, so that another process, after a restart, can post
 * there. The same for every message of a thread: no message ids but that of a channel thread's first.
 */
const TeamsThread = z.object({
  serviceUrl: z.string().min(1),
  /** Of a channel thread with ";messageid=…". */
  conversation: z.string().min(1),
  kind: z.enum(["direct", "group", "channel"]),
  bot: z.string().min(1),
  tenant: z.string().nullable(),
});
export type TeamsThread = z.infer<typeof TeamsThread>;

export const surfaceName = "teams";

export function threadRef({ serviceUrl, conversation, kind, bot, tenant }: TeamsThread): ThreadRef {
  return {
    surface: surfaceName,
    thread: JSON.stringify({ serviceUrl, conversation, kind, bot, tenant }),
  };
}

/** Throws where the thread is not one of ours, which is a bug. */
export function teamsThread({ surface, thread }: ThreadRef): TeamsThread {
  if (surface !== surfaceName) throw new Error(`a thread of ${surface} was given to Teams`);
  return TeamsThread.parse(JSON.parse(thread));
}
