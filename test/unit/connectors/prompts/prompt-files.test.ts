import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadPrompts, readPrompt } from "../../../../connectors/prompts/prompt-files.ts";
import { fillPrompt } from "../../../../pipeline/fill-prompt.ts";
import { stateFolder } from "../../../support/state-folder.ts";

const note = (id: string, text: string) => `---\nid: ${id}\nwhen: [metric:cpu]\n---\n${text}\n`;
const prompt = (head: string, text: string) => `---\n${head}\n---\n${text}\n`;

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const path = await stateFolder();
  await mkdir(join(path, "knowledge"), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

describe("loadPrompts", () => {
  it("finds nothing wrong with what comes with the program", async () => {
    const { prompts, notes } = await loadPrompts();

    expect([...prompts.keys()]).toContain("log-filter");
    expect(notes.length).toBeGreaterThan(0);
  });

  it("takes an operator's note in place of the one of the same id, and adds the others", async () => {
    const root = await folder({ "knowledge/cpu.md": note("cpu", "Ours.") });
    const own = await folder({ "cpu.md": note("cpu", "Theirs."), "geo.md": note("geo", "About geo.") });

    const { notes } = await loadPrompts([own], root);

    expect(notes.map(({ id, text }) => [id, text])).toEqual([
      ["cpu", "Theirs."],
      ["geo", "About geo."],
    ]);
  });

  it("names every problem at once", async () => {
    const root = await folder({
      "a.md": prompt("id: a\nversion: 1\nvariables: [x]\nanswer: poem", "s\n=== user ===\n{{x}}"),
      "b.md": "no front matter",
      "knowledge/c.md": note("c", ""),
    });

    await expect(loadPrompts([join(root, "nowhere")], root)).rejects.toMatchObject({
      code: "config-invalid",
      message: expect.stringMatching(/a\.md: answer.*b\.md: must start.*c\.md: holds no text.*nowhere/s),
    });
  });
});

describe("readPrompt", () => {
  const head = (variables: string) => `id: a\nversion: 2\nvariables: [${variables}]\nanswer: expert`;

  it.each([
    ["an undeclared variable", prompt(head(""), "s\n=== user ===\n{{x}}"), /uses \{\{x\}\}/],
    ["a variable that is not used", prompt(head("x"), "s\n=== user ===\nu"), /names the variable x/],
    ["a missing user part", prompt(head(""), "s"), /=== user ===/],
  ])("refuses %s", (_title, text, problem) => {
    const problems: string[] = [];

    expect(readPrompt(text, (one) => problems.push(one))).toBeNull();

    expect(problems.join()).toMatch(problem);
  });

  it("parts what is the same for every case from the case", () => {
    const read = readPrompt(prompt(head("x, y"), "{{x}}s\n=== user ===\n{{y}}u"), () => {});

    expect(read).toMatchObject({ id: "a", version: 2, system: "{{x}}s", user: "{{y}}u" });
    expect(fillPrompt(read!, { x: "1", y: "{{x}}" })).toEqual({ system: "1s", user: "{{x}}u" });
  });
});
