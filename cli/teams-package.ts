import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { appPackage } from "../bot/surfaces/teams/package/app-package.ts";
import { loadConfig } from "../config.ts";
import { BotError } from "../pipeline/errors.ts";
import { version } from "../pipeline/version.ts";
import { exitCodes, printLine, type Shell } from "./shell.ts";

export interface TeamsPackageOptions {
  readonly out: string;
  readonly name: string;
  readonly developer: string;
  readonly website: string;
  readonly config?: string | undefined;
}

/** Teams' own limits. */
const longestName = 30;
const longestDeveloper = 32;

/**
 * Writes the app package that Teams takes for upload.
 *
 * Throws: BotError "config-invalid" without teams.appId, and where the file cannot be written.
 */
export async function teamsPackage(
  { out, name, developer, website, config: path }: TeamsPackageOptions,
  shell: Shell,
): Promise<number> {
  const { teams } = loadConfig(path === undefined ? {} : { path });
  if (teams?.appId === undefined) {
    throw new BotError(
      "config-invalid",
      "The package names the bot, and teams.appId is not configured. Set it to the Microsoft App ID of the registration (docs/TEAMS.md).",
    );
  }
  requireShort("--name", name, longestName);
  requireShort("--developer", developer, longestDeveloper);
  if (!URL.canParse(website) || new URL(website).protocol !== "https:") {
    throw new BotError("config-invalid", "Teams wants a page over https. Name one with --website https://…");
  }
  const file = resolve(out);
  const content = appPackage({ appId: teams.appId, name, developer, website, version });
  try {
    writeFileSync(file, content);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BotError("config-invalid", `${file} cannot be written (${why}). Name another with --out.`, {
      cause: error,
    });
  }
  printLine(shell, `Wrote ${file}. Upload it in Teams: Apps, Manage your apps, Upload an app.`);
  return exitCodes.answered;
}

function requireShort(option: string, value: string, longest: number): void {
  if (value.length > 0 && value.length <= longest) return;
  throw new BotError("config-invalid", `Teams takes 1 to ${longest} characters for ${option}. Shorten it.`);
}
