import { Agent, request as httpRequest } from "node:http";
import { context, propagation } from "@opentelemetry/api";
import type { Measure } from "./measured.ts";
import type { Routes } from "./messages.ts";
import { type Answer, CallError } from "./request.ts";

/** The longest that one call may take, whatever is left of the request's time. */
const longestCallMs = 1_000;
/** Kept back for the caller's own answer. */
const marginMs = 20;
const attempts = 2;

export interface Caller {
  call(service: string, method: string, body: Answer, deadline: number): Promise<Answer>;
  /** Connections of before are closed: they may lead where nothing should go any more. */
  reroute(routes: Routes): void;
}

/** Calls to other services: round robin over their instances, a deadline, and one more try where none was reached. */
export function caller(initial: Routes, measure: Measure): Caller {
  let routes = initial;
  let agent = new Agent({ keepAlive: true });
  const turns = new Map<string, number>();

  function nextAddress(service: string): string {
    const addresses = routes[service] ?? [];
    const turn = turns.get(service) ?? 0;
    turns.set(service, turn + 1);
    const address = addresses[turn % addresses.length];
    if (address === undefined) throw new CallError("refused", `no address of ${service} is known`);
    return address;
  }

  async function tried(service: string, method: string, body: Answer, deadline: number): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const timeoutMs = Math.min(longestCallMs, deadline - performance.now() - marginMs);
      if (timeoutMs <= 0) throw new CallError("deadline", `${service}.${method}: deadline exceeded`);
      try {
        return await post(agent, nextAddress(service), `/${service}/${method}`, body, timeoutMs);
      } catch (error) {
        const known = error instanceof CallError ? error : new CallError("refused", String(error));
        const message = `${service}.${method}: ${known.message}`;
        if (known.kind !== "refused" || attempt === attempts) throw new CallError(known.kind, message);
      }
    }
  }

  return {
    call: (service, method, body, deadline) =>
      measure(`call /${service}/${method}`, service, () => tried(service, method, body, deadline)),
    reroute(next) {
      routes = next;
      agent.destroy();
      agent = new Agent({ keepAlive: true });
    },
  };
}

function post(agent: Agent, address: string, path: string, body: Answer, timeoutMs: number): Promise<Answer> {
  const [host, port] = address.split(":");
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "x-deadline-ms": String(Math.round(timeoutMs)),
  };
  propagation.inject(context.active(), headers);
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { agent, host, port: Number(port), path, method: "POST", headers },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part) => {
          text += part;
        });
        response.on("end", () => {
          try {
            const answer: Answer = JSON.parse(text);
            if (response.statusCode === 200) resolve(answer);
            else reject(new CallError("failed", String(answer.error ?? `status ${response.statusCode}`)));
          } catch {
            reject(new CallError("failed", "the answer is no JSON"));
          }
        });
        response.on("error", (error) => reject(new CallError("refused", error.message)));
      },
    );
    const timer = setTimeout(
      () => sent.destroy(new CallError("deadline", "context deadline exceeded")),
      timeoutMs,
    );
    sent.on("close", () => clearTimeout(timer));
    sent.on("error", (error: NodeJS.ErrnoException) => {
      if (error instanceof CallError) reject(error);
      else if (error.code === "ECONNREFUSED") reject(new CallError("refused", "connection refused"));
      else reject(new CallError("refused", `connection lost (${error.code ?? error.message})`));
    });
    sent.end(JSON.stringify(body));
  });
}
