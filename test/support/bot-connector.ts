import type { ServerResponse } from "node:http";
import { type LocalServer, localServer, type Seen, sendJson } from "./http-server.ts";

/** An activity that the bot sent, replaced or took away. */
export interface Sent {
  readonly method: string;
  readonly conversation: string;
  /** The id of the message that was replaced or taken away; null for one that was sent. */
  readonly id: string | null;
  /** The id that one which was sent was given. */
  readonly newId: string;
  // biome-ignore lint/suspicious/noExplicitAny: what the bot wrote, as it came over the wire
  readonly activity: any;
}

export type Mishap = (request: Seen, response: ServerResponse) => void;

export interface BotConnector extends AsyncDisposable {
  readonly url: string;
  readonly sent: Sent[];
  /** All but signs of typing. */
  messages(): Sent[];
  /** What happens to the next requests, one each; then all goes well again. */
  readonly mishaps: Mishap[];
  readonly members: Map<string, unknown>;
  /** The paths of all requests so far. */
  readonly asked: readonly string[];
}

/** Microsoft's Bot Connector as far as the bot uses it: messages with ids of its own, and members. */
export async function botConnector(): Promise<BotConnector> {
  const sent: Sent[] = [];
  const mishaps: Mishap[] = [];
  const members = new Map<string, unknown>();
  const asked: string[] = [];
  let last = 1_700_000_000_000;
  const server: LocalServer = await localServer((request, response) => {
    const path = decodeURIComponent(request.url);
    asked.push(path);
    const match =
      /^\/v3\/conversations\/([^/]+)\/(activities|members|pagedmembers)(?:\/([^/?]+))?(\?.*)?$/.exec(path);
    const [, conversation = "", what, id = null] = match ?? [];
    const isTyping = request.body.includes('"type":"typing"') && !request.body.includes("streaminfo");
    const mishap = isTyping ? undefined : mishaps.shift();
    if (mishap !== undefined) return mishap(request, response);
    if (what === "pagedmembers") {
      // One a page, so that pages are turned.
      const at = Number(new URL(request.url, server.url).searchParams.get("continuationToken") ?? 0);
      const next = at + 1 < members.size ? { continuationToken: String(at + 1) } : {};
      return sendJson(response, { members: [...members.values()].slice(at, at + 1), ...next });
    }
    if (what === "members") {
      const member = members.get(id ?? "");
      if (member === undefined)
        return sendJson(response, { error: { code: "MemberNotFoundInConversation" } }, 404);
      return sendJson(response, member);
    }
    if (what !== "activities") return sendJson(response, {}, 404);
    const activity = request.body === "" ? null : JSON.parse(request.body);
    last += 1;
    sent.push({ method: request.method, conversation, id, newId: String(last), activity });
    if (request.method === "DELETE") return response.writeHead(200).end();
    sendJson(response, { id: id ?? String(last) });
  });
  return {
    url: server.url,
    sent,
    messages: () => sent.filter(({ activity }) => activity?.type !== "typing"),
    mishaps,
    members,
    asked,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export function refuses(status: number, code: string, headers: Record<string, string> = {}): Mishap {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ error: { code, message: "of the server" } }));
  };
}

/** What people see in the chat now: each message as it was sent or last replaced, oldest first. */
export function shownIn({ sent }: BotConnector): unknown[] {
  const shown = new Map<string, unknown>();
  for (const { method, id, newId, activity } of sent) {
    if (activity?.type === "typing") continue;
    if (method === "DELETE") shown.delete(id ?? "");
    else shown.set(id ?? newId, activity);
  }
  return [...shown.values()];
}

/** Takes the request and never answers it. */
export const hangs: Mishap = () => undefined;
