import { accentColour, colourIcon, outlineIcon } from "./icons.ts";
import { zip } from "./zip.ts";

export interface AppOptions {
  /** The Microsoft App ID of the bot. */
  readonly appId: string;
  /** What the bot is called in Teams. */
  readonly name: string;
  /** Who runs it; shown in Teams. */
  readonly developer: string;
  /** A page about it, over https; Teams wants one, and one on privacy and on terms. */
  readonly website: string;
  readonly version: string;
}

/** The app of the bot as Teams takes it: a zip of a manifest and two icons. The same options give the same bytes. */
export function appPackage(options: AppOptions): Buffer {
  return zip([
    { name: "manifest.json", content: Buffer.from(`${JSON.stringify(manifest(options), null, 2)}\n`) },
    { name: "color.png", content: colourIcon() },
    { name: "outline.png", content: outlineIcon() },
  ]);
}

const scopes = ["personal", "team", "groupChat"];
const commands = [
  { title: "what broke in the last hour", description: "Looks for the root cause of what went wrong" },
  { title: "sum up today", description: "Every incident of the day, with its cause" },
  { title: "help", description: "What can be asked" },
];

function manifest({ appId, name, developer, website, version }: AppOptions) {
  return {
    $schema: "https://developer.microsoft.com/json-schemas/teams/v1.19/MicrosoftTeams.schema.json",
    manifestVersion: "1.19",
    version,
    id: appId,
    developer: { name: developer, websiteUrl: website, privacyUrl: website, termsOfUseUrl: website },
    name: { short: name, full: name },
    description: {
      short: "Ask what broke, and get the root cause with its evidence.",
      full: "Ask in a chat or a channel what broke. LocaleXpert reads metrics, logs and traces of that time, names the service, instance and metric most likely at fault, and shows what it rests on and what it could not see.",
    },
    icons: { color: "color.png", outline: "outline.png" },
    accentColor: accentColour,
    bots: [
      {
        botId: appId,
        scopes,
        supportsFiles: false,
        isNotificationOnly: false,
        commandLists: [{ scopes, commands }],
      },
    ],
    permissions: ["identity", "messageTeamMembers"],
    validDomains: [],
  };
}
