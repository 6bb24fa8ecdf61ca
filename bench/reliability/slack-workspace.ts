import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { closed, portOf, textOf } from "./local-http.ts";

/** A message of the workspace as it is now, with when that was. */
export interface WorkspaceMessage {
  readonly channel: string;
  readonly ts: string;
  readonly thread: string | null;
  /** Of the sending that posted it; "" where it carried none. */
  readonly key: string;
  readonly part: number;
  shows: Shown;
  /** By the monotonic clock, in milliseconds. */
  readonly postedAt: number;
  /** Since when it shows something final; null: it does not yet. */
  finalAt: number | null;
  /** How often it was shown another final thing after a final one. */
  refinals: number;
}

/** What a message shows: that it works, that something went wrong, or what was asked for. */
export type Shown = "progress" | "failure" | "final";

/** How the Web API behaves. */
export type WorkspaceMood = "well" | "down" | "slow" | "rate-limited" | "broken" | "loses-answers";

export interface SlackWorkspace {
  /** With the slash that ends it. */
  readonly apiUrl: string;
  readonly messages: readonly WorkspaceMessage[];
  /** Whether a call that posts or edits waits for its turn. */
  mood: WorkspaceMood;
  /** Hears of each post or edit, before and after it is carried out, and from which port it came. */
  onWrite: (moment: "post-arrives" | "post-taken" | "edit-arrives" | "edit-taken", port: number) => void;
  close(): Promise<void>;
}

const retryAfterSeconds = 1;
const slowMs = 700;

const Metadata = z.object({
  event_payload: z.object({ key: z.string(), part: z.number() }).partial(),
});

/** The part of Slack's Web API that the bot uses, in memory, with what can go wrong with it. */
export async function openSlackWorkspace(): Promise<SlackWorkspace> {
  const messages: WorkspaceMessage[] = [];
  let last = 0;
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = (request.url ?? "").replace(/^\/api\//, "").split("?")[0] ?? "";
    const parameters = Object.fromEntries(new URLSearchParams(await textOf(request)));
    const port = request.socket.remotePort ?? 0;
    const writes = method === "chat.postMessage" ? "post" : method === "chat.update" ? "edit" : null;
    if (writes !== null) workspace.onWrite(`${writes}-arrives`, port);
    if (workspace.mood === "down") return void response.destroy();
    if (workspace.mood === "slow") await sleep(slowMs);
    if (workspace.mood === "rate-limited") {
      return void response.writeHead(429, { "retry-after": String(retryAfterSeconds) }).end();
    }
    if (workspace.mood === "broken") return void response.writeHead(500).end();
    const answer = carryOut(method, parameters);
    if (writes !== null) workspace.onWrite(`${writes}-taken`, port);
    if (writes !== null && workspace.mood === "loses-answers") return void response.destroy();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }

  function carryOut(method: string, parameters: Readonly<Record<string, string>>): object {
    switch (method) {
      case "chat.postMessage":
        return { ok: true, channel: parameters.channel, ts: post(parameters) };
      case "chat.update":
        return edit(parameters);
      case "chat.delete": {
        const at = messages.findIndex(({ ts }) => ts === parameters.ts);
        if (at < 0) return { ok: false, error: "message_not_found" };
        messages.splice(at, 1);
        return { ok: true };
      }
      case "conversations.replies":
        return listed(messages.filter(({ thread }) => thread === parameters.ts));
      case "conversations.history":
        return listed(
          messages.filter(({ channel, thread }) => channel === parameters.channel && thread === null),
        );
      case "users.info":
        return { ok: true, user: { id: parameters.user, team_id: "T1", tz: "UTC" } };
      case "conversations.info":
        return { ok: true, channel: { id: parameters.channel } };
      case "auth.test":
        return { ok: true, team_id: "T1", user_id: "UBOT", bot_id: "BBOT" };
      default:
        return method.startsWith("assistant.") || method.startsWith("agents.")
          ? { ok: true }
          : { ok: false, error: "unknown_method" };
    }
  }

  function post(parameters: Readonly<Record<string, string>>): string {
    const metadata = Metadata.safeParse(JSON.parse(parameters.metadata ?? "{}"));
    const { key = "", part = 0 } = metadata.success ? metadata.data.event_payload : {};
    last += 1;
    const ts = `${1_900_000_000 + last}.000100`;
    const now = performance.now();
    const shows = shownIn(parameters);
    messages.push({
      channel: parameters.channel ?? "",
      ts,
      thread: parameters.thread_ts ?? null,
      key,
      part,
      shows,
      postedAt: now,
      finalAt: shows === "progress" ? null : now,
      refinals: 0,
    });
    return ts;
  }

  function edit(parameters: Readonly<Record<string, string>>): object {
    const message = messages.find(({ ts }) => ts === parameters.ts);
    if (message === undefined) return { ok: false, error: "message_not_found" };
    const shows = shownIn(parameters);
    if (message.shows !== "progress" && shows !== message.shows) message.refinals += 1;
    message.shows = shows;
    if (shows !== "progress") message.finalAt ??= performance.now();
    return { ok: true, ts: message.ts };
  }

  const workspace: SlackWorkspace = {
    apiUrl: `http://127.0.0.1:${portOf(server)}/api/`,
    messages,
    mood: "well",
    onWrite: () => undefined,
    close: () => closed(server),
  };
  return workspace;
}

function listed(found: readonly WorkspaceMessage[]): object {
  return {
    ok: true,
    messages: found.map(({ ts, key, part }) => ({
      ts,
      metadata: { event_type: "localexpert_reply", event_payload: { key, part } },
    })),
    response_metadata: { next_cursor: "" },
  };
}

/** Told as a person would: by what stands there. */
function shownIn({ text = "", blocks = "" }: Readonly<Record<string, string>>): Shown {
  if (text.startsWith(":x:") || text.startsWith("❌")) return "failure";
  const isProgress =
    blocks.includes('"type":"plan"') || text.startsWith(":hourglass:") || text.startsWith("Working on it");
  return isProgress ? "progress" : "final";
}
