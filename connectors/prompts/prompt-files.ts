import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { BotError } from "../../pipeline/errors.ts";
import {
  type KnowledgeNote,
  NoteHead,
  type Prompt,
  PromptHead,
  type PromptLibrary,
} from "../../prompts/prompt-schema.ts";

const shipped = fileURLToPath(new URL("../../prompts/", import.meta.url));
const userMark = "=== user ===";

/**
 * Reads the prompts and knowledge that come with the program, and the notes in an operator's own
 * folders. A note of theirs replaces the one of the same id.
 *
 * Throws: BotError "config-invalid" with every problem there is, since a prompt that is wrong must not be
 *         found out in an incident.
 */
export async function loadPrompts(folders: readonly string[] = [], root = shipped): Promise<PromptLibrary> {
  const problems: string[] = [];
  const prompts = new Map<string, Prompt>();
  for (const { file, text } of await markdownIn(root, false, problems)) {
    const prompt = readPrompt(text, problemIn(file, problems));
    if (prompt === null) continue;
    if (prompts.has(prompt.id)) problems.push(`${file}: the id ${prompt.id} is taken`);
    prompts.set(prompt.id, prompt);
  }
  const notes = new Map<string, KnowledgeNote>();
  for (const folder of [join(root, "knowledge"), ...folders]) {
    const own = new Set<string>();
    for (const { file, text } of await markdownIn(folder, true, problems)) {
      const note = readNote(text, problemIn(file, problems));
      if (note === null) continue;
      if (own.has(note.id)) problems.push(`${file}: the id ${note.id} is taken`);
      own.add(note.id);
      notes.set(note.id, note);
    }
  }
  if (problems.length > 0) {
    throw new BotError(
      "config-invalid",
      ["The prompts or knowledge notes have problems:", ...problems.map((one) => `  ${one}`)].join("\n"),
    );
  }
  return { prompts, notes: [...notes.values()].sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

function problemIn(file: string, problems: string[]): (problem: string) => void {
  return (problem) => void problems.push(`${file}: ${problem}`);
}

/** A prompt of its file's text; null when it has a problem, which was said. */
export function readPrompt(text: string, say: (problem: string) => void): Prompt | null {
  const parts = parted(text, PromptHead, say);
  if (parts === null) return null;
  const [system, user, ...others] = parts.body.split(userMark).map((part) => part.trim());
  if (system === undefined || user === undefined || others.length > 0) {
    say(`needs the line "${userMark}" once, between what is the same for every case and the case`);
    return null;
  }
  const used = new Set([...parts.body.matchAll(/\{\{(.*?)\}\}/g)].map(([, name]) => name ?? ""));
  const declared = new Set(parts.head.variables);
  const undeclared = [...used].filter((name) => !declared.has(name));
  const unused = [...declared].filter((name) => !used.has(name));
  if (undeclared.length > 0) say(`uses {{${undeclared.join("}}, {{")}}}, which the variables do not name`);
  if (unused.length > 0) say(`names the variable ${unused.join(", ")} and does not use it`);
  return undeclared.length + unused.length > 0 ? null : { ...parts.head, system, user };
}

function readNote(text: string, say: (problem: string) => void): KnowledgeNote | null {
  const parts = parted(text, NoteHead, say);
  if (parts === null) return null;
  if (parts.body === "") {
    say("holds no text");
    return null;
  }
  return { ...parts.head, text: parts.body };
}

/** The checked front matter and the text below it. */
function parted<Head>(
  text: string,
  schema: z.ZodType<Head>,
  say: (problem: string) => void,
): { head: Head; body: string } | null {
  const found = /^---\n(.*?)\n---\n(.*)$/s.exec(text.replaceAll("\r\n", "\n"));
  if (found === null) {
    say("must start with front matter: lines of key: value between two lines of ---");
    return null;
  }
  const [, head = "", body = ""] = found;
  const read = schema.safeParse(fields(head));
  if (read.success) return { head: read.data, body: body.trim() };
  for (const { path, message } of read.error.issues) say(`${path.join(".")}: ${message}`);
  return null;
}

/** `key: value` and `key: [value, value]`, a line each: all of YAML that a head needs. */
function fields(head: string): Record<string, unknown> {
  const lines = head.split("\n").filter((line) => line.trim() !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      const value = line.slice(colon + 1).trim();
      const list = /^\[(.*)\]$/.exec(value);
      return [
        line.slice(0, Math.max(0, colon)).trim(),
        list === null
          ? value
          : (list[1] ?? "")
              .split(",")
              .map((one) => one.trim())
              .filter((one) => one !== ""),
      ];
    }),
  );
}

async function markdownIn(
  folder: string,
  recursive: boolean,
  problems: string[],
): Promise<{ file: string; text: string }[]> {
  let names: string[];
  try {
    names = await readdir(folder, { recursive });
  } catch {
    problems.push(`${folder}: is no folder that can be read`);
    return [];
  }
  const files = names.filter((name) => name.endsWith(".md")).sort();
  return Promise.all(
    files.map(async (name) => ({
      file: relative(process.cwd(), join(folder, name)),
      text: await readFile(join(folder, name), "utf8"),
    })),
  );
}
