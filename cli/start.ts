import { once } from "node:events";
import { plainText } from "../bot/plain-text.ts";
import { debugging } from "../config.ts";
import { BotError } from "../pipeline/errors.ts";
import { type Role, startService } from "../service.ts";
import { configWith, requireSources } from "./question-options.ts";
import { exitCodes, printLine, type Shell } from "./shell.ts";

export interface StartOptions {
  readonly role: Role;
  readonly config?: string | undefined;
}

/**
 * Answers in the configured chats until it is stopped. Returns the exit code.
 *
 * Throws: BotError "config-invalid" when there is nothing to look at, or nobody to talk to.
 */
export async function start({ role, config: path }: StartOptions, shell: Shell): Promise<number> {
  const config = configWith({ config: path });
  requireSources(config);
  if (role !== "worker" && config.slack === undefined && config.teams === undefined) {
    throw new BotError(
      "config-invalid",
      "No chat is configured. Add slack or teams to the configuration (docs/SLACK.md, docs/TEAMS.md), or start with --role worker.",
    );
  }
  if (role !== "worker" && config.access === undefined) {
    shell.errors.write(
      "warning: Nobody has said who may see what, so everybody in the chats is refused. Add access: open, or rules, to the configuration (docs/access.md).\n",
    );
  }
  const onTrouble = (what: string, error: unknown) => {
    const detail = error instanceof Error ? (debugging() ? error.stack : error.message) : String(error);
    shell.errors.write(`${new Date(shell.now()).toISOString()} ${plainText(`${what} ${detail}`)}\n`);
  };
  // The chats' libraries take a second to load; a worker speaks to none.
  const chats = role === "worker" ? null : await import("../surfaces.ts");
  const service = await startService(config, {
    role,
    openSurfaces: (tools) => chats?.openSurfaces(config, tools) ?? [],
    onTrouble,
    onNews: (text) => void shell.errors.write(`${new Date(shell.now()).toISOString()} ${plainText(text)}\n`),
  });
  for (const warning of service.warnings) shell.errors.write(`warning: ${plainText(warning)}\n`);
  const { description, version } = service.redis;
  const where = service.surfaces.length === 0 ? "" : ` in ${service.surfaces.join(" and ")}`;
  printLine(
    shell,
    `LocaleXpert runs as ${role}${where}, on ${description} (Redis ${version}). Ctrl-C ends it.`,
  );
  if (!shell.signal.aborted) await once(shell.signal, "abort");
  await service.close();
  return exitCodes.answered;
}
