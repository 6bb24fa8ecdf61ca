import type { ThreadRef } from "../../surface.ts";

/**
 * Where in Slack a conversation is. `root` is the `ts` of the message that a thread hangs on; "" in a direct
 * message that is one conversation as a whole; "+" in a channel where a message that opens a thread is still
 * to be posted.
 */
export interface SlackThread {
  readonly team: string;
  readonly channel: string;
  readonly root: string;
}

/** "T1/C1/1700000000.000100". Slack's ids hold no slash. */
export function threadRef({ team, channel, root }: SlackThread): ThreadRef {
  return { surface: "slack", thread: `${team}/${channel}/${root}` };
}

/** Throws: Error, when it is no thread of this surface's. */
export function slackThread({ thread }: ThreadRef): SlackThread {
  const [team, channel, root, ...rest] = thread.split("/");
  if (team === undefined || channel === undefined || root === undefined || rest.length > 0) {
    throw new Error(`"${thread}" is no thread of Slack`);
  }
  return { team, channel, root };
}

/** The thread to post into, where there is one. */
export function threadTs({ root }: SlackThread): { readonly thread_ts?: string } {
  return root === "" || root === "+" ? {} : { thread_ts: root };
}
