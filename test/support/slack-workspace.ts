import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createEmulator } from "emulate";
import { freePort } from "./redis-server.ts";

/** One call of the Web API, as it arrived. */
export interface SlackCall {
  readonly method: string;
  readonly token: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What a call meets instead of its answer. `lost`: it is carried out, but the caller never hears of it. */
export type SlackFault =
  | { readonly kind: "error"; readonly error: string }
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: number }
  | { readonly kind: "lost" }
  | { readonly kind: "silent" };

export interface SlackMessage {
  readonly ts: string;
  readonly thread_ts?: string;
  readonly text: string;
  readonly blocks?: readonly Record<string, unknown>[];
}

/**
 * A Slack workspace on this machine: the stateful Web API of the `emulate` package behind a server that keeps
 * what was called, can make calls fail, and answers what the package lacks.
 */
export interface SlackWorkspace extends AsyncDisposable {
  /** With the slash that ends it. */
  readonly apiUrl: string;
  readonly token: string;
  readonly team: string;
  readonly channel: string;
  readonly calls: readonly SlackCall[];
  /** What the next call of `method`, or of any, meets. */
  failNext(fault: SlackFault, method?: string): void;
  /** Answers a method that the package lacks, or answers it otherwise. */
  answer(method: string, body: (call: SlackCall) => object): void;
  call<Answer>(method: string, parameters: Readonly<Record<string, string>>): Promise<Answer>;
  /** All messages of a channel, oldest first, those of threads among them. */
  messages(channel?: string): Promise<SlackMessage[]>;
}

export async function slackWorkspace(): Promise<SlackWorkspace> {
  const token = "xoxb-test";
  // Any free port would do for the package too, but it does not say which one it took.
  const emulator = await createEmulator({
    service: "slack",
    port: await freePort(),
    seed: {
      tokens: { [token]: { login: "localexpert", scopes: [] } },
      slack: {
        team: { name: "Hotel", domain: "hotel" },
        channels: [{ name: "incidents" }],
        bots: [{ name: "localexpert" }],
      },
    },
  });
  const calls: SlackCall[] = [];
  const faults: { readonly fault: SlackFault; readonly method: string | null }[] = [];
  const answers = new Map<string, (call: SlackCall) => object>();
  const forwarded = `${emulator.url}/api/`;

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const method = (request.url ?? "").replace(/^\/api\//, "");
    const call: SlackCall = {
      method,
      token: (request.headers.authorization ?? "").replace(/^Bearer /, ""),
      parameters: Object.fromEntries(new URLSearchParams(body)),
    };
    calls.push(call);
    const index = faults.findIndex((one) => one.method === null || one.method === method);
    const [met] = index < 0 ? [] : faults.splice(index, 1);
    if (met !== undefined && met.fault.kind !== "lost") {
      fail(met.fault, response);
      return;
    }
    const known = answers.get(method);
    const text = known === undefined ? await forward(method, call.token, body) : JSON.stringify(known(call));
    if (met !== undefined) response.destroy();
    else response.writeHead(200, { "content-type": "application/json" }).end(text);
  }

  async function forward(method: string, caller: string, body: string): Promise<string> {
    const answer = await fetch(`${forwarded}${method}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${caller}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body,
    });
    return answer.status === 404 ? '{"ok":false,"error":"unknown_method"}' : answer.text();
  }

  async function call<Answer>(method: string, parameters: Readonly<Record<string, string>>): Promise<Answer> {
    return JSON.parse(await forward(method, token, new URLSearchParams(parameters).toString()));
  }

  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const { channels } = await call<{ channels: { id: string; name: string }[] }>("conversations.list", {});
  const channel = channels.find(({ name }) => name === "incidents")?.id ?? "";

  return {
    apiUrl: `http://127.0.0.1:${address.port}/api/`,
    token,
    team: "T000000001",
    channel,
    calls,
    failNext: (fault, method) => void faults.push({ fault, method: method ?? null }),
    answer: (method, body) => void answers.set(method, body),
    call,
    async messages(where = channel) {
      const history = await call<{ messages: SlackMessage[] }>("conversations.history", {
        channel: where,
        limit: "200",
      });
      const threads = await Promise.all(
        history.messages.map(({ ts }) =>
          call<{ messages?: SlackMessage[] }>("conversations.replies", { channel: where, ts, limit: "200" }),
        ),
      );
      const all = [...history.messages, ...threads.flatMap(({ messages = [] }) => messages)];
      return [...new Map(all.map((message) => [message.ts, message])).values()].sort((a, b) =>
        a.ts < b.ts ? -1 : 1,
      );
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await emulator.close();
    },
  };
}

function fail(fault: Exclude<SlackFault, { kind: "lost" }>, response: ServerResponse): void {
  switch (fault.kind) {
    case "error":
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ ok: false, error: fault.error }));
      return;
    case "status":
      response
        .writeHead(
          fault.status,
          fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) },
        )
        .end();
      return;
    case "silent":
      // Says nothing until the caller gives up.
      return;
  }
}
