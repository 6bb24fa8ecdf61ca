import { counted } from "../bot/time-words.ts";
import { type Config, loadConfig } from "../config.ts";
import { sourceName } from "../connectors/index.ts";
import { exitCodes, printLine, type Shell } from "./shell.ts";

/** Says what the configuration comes to, or throws the BotError that lists every problem. */
export async function configCheck(
  options: { readonly config?: string | undefined },
  shell: Shell,
): Promise<number> {
  const config = loadConfig(options.config === undefined ? {} : { path: options.config });
  const sources = config.sources.map((source) => `${sourceName(source)} (${source.type})`);
  printLine(shell, "The configuration is valid.");
  printLine(shell, `time zone:    ${config.timeZone}`);
  printLine(shell, `state folder: ${config.stateFolder}`);
  printLine(shell, `sources:      ${sources.length === 0 ? "none" : sources.join(", ")}`);
  printLine(shell, `access:       ${accessWords(config.access)}`);
  return exitCodes.answered;
}

function accessWords(access: Config["access"]): string {
  if (access === undefined) return "nobody from a chat (docs/access.md)";
  if (access === "open") return "open: every member of a chat sees everything";
  return `${counted(access.rules.length, "rule")}, ${counted(access.operators.length, "operator")}`;
}
