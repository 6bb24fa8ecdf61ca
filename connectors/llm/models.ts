import type { Chat } from "../../jobs/chat.ts";
import type { ModelRole } from "../../pipeline/ports.ts";
import type { Gate } from "./gate.ts";
import { type ModelOptions, type ServerOptions, serverOf } from "./model-options.ts";
import type { ModelServer } from "./openai-compatible.ts";

export const modelRoles = ["question", "expert"] as const satisfies readonly ModelRole[];

export interface ModelsContext {
  /** The key that a server asks for, by the name of its variable. */
  readonly keyOf: (variable: string) => string | null;
  /** Who may call when; one gate per server and model. */
  readonly gateOf: (server: ServerOptions) => Promise<Gate>;
}

/** The names by which answers say who spoke. */
export function modelNames(options: ModelOptions): Record<ModelRole, string> {
  return { question: serverOf(options, "question").name, expert: serverOf(options, "expert").name };
}

/** Servers by role; roles of one server and model share it. Opened at the first call. */
export function openModels(
  options: ModelOptions,
  context: ModelsContext,
): {
  readonly chat: Chat;
  server(role: ModelRole): Promise<ModelServer>;
  /** Loads the client while something else is waited for: it takes a quarter of a second, and the first call would. */
  prepare(): void;
} {
  const opened = new Map<string, Promise<ModelServer>>();
  const server = (role: ModelRole) => {
    const chosen = serverOf(options, role);
    const id = JSON.stringify(chosen);
    const known = opened.get(id) ?? open(chosen, context);
    opened.set(id, known);
    return known;
  };
  const prepare = () => {
    // A failure is met, and told, by the first call.
    loadClient().catch(() => undefined);
    // Node loads what is behind fetch with its first use as well.
    new Headers();
  };
  return {
    server,
    prepare,
    chat: async (request, signal) => (await server(request.role)).chat(request, signal),
  };
}

/** With the first call, or a little before: most programs that start never make one. */
function loadClient() {
  return import("./openai-compatible.ts");
}

async function open(options: ServerOptions, { keyOf, gateOf }: ModelsContext): Promise<ModelServer> {
  const key = options.keyVariable === null ? null : keyOf(options.keyVariable);
  const [{ openaiCompatible }, gate] = await Promise.all([loadClient(), gateOf(options)]);
  return openaiCompatible(options, key, gate);
}
