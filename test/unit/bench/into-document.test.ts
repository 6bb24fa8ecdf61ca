import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkMarks, writeInto } from "../../../bench/into-document.ts";

async function document(text: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "document-")), "figures.md");
  await writeFile(file, text);
  return file;
}

describe("writeInto", () => {
  it("puts new tables where the old ones were, under deeper headings, and keeps the rest", async () => {
    const file = await document("# Figures\n\n<!-- bench: begin -->\nold\n<!-- bench: end -->\n\n## More\n");

    await writeInto(file, "# Bench\n\n## Service\n\n| a |\n");
    await writeInto(file, "# Bench\n\n## Service\n\n| a |\n");

    expect(await readFile(file, "utf8")).toBe(
      "# Figures\n\n<!-- bench: begin -->\n### Bench\n\n#### Service\n\n| a |\n<!-- bench: end -->\n\n## More\n",
    );
  });

  it("keeps to the marks that are named", async () => {
    const text =
      "<!-- bench: begin -->\nold\n<!-- bench: end -->\n<!-- more: begin -->\n<!-- more: end -->\n";
    const file = await document(text);

    await writeInto(file, "new", "more");

    expect(await readFile(file, "utf8")).toBe(text.replace("more: begin -->\n", "more: begin -->\nnew\n"));
  });

  it.each([
    ["has no marks", "# Figures\n"],
    ["has them the wrong way round", "<!-- bench: end -->\n<!-- bench: begin -->\n"],
  ])("refuses a document that %s, before anything is run", async (_what, text) => {
    const file = await document(text);

    await expect(checkMarks(file)).rejects.toMatchObject({ code: "source-invalid" });
    expect(await readFile(file, "utf8")).toBe(text);
  });
});
