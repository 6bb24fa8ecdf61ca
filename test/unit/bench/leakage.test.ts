import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { pipelineInput, readCases } from "../../../bench/cases.ts";
import { openFiles } from "../../../connectors/files/index.ts";
import { diagnose } from "../../../pipeline/diagnose.ts";
import type { Diagnosis } from "../../../pipeline/diagnosis.ts";
import { PipelineOptions } from "../../../pipeline/options.ts";

const data = process.env.LOCALEXPERT_DATA;

/** Every file of the published sets that names an injected fault. */
const labelFile = /^(cases\.json|target\.json|root_cause.*\.json|.*fault_list\.json)$/;

async function diagnosed(folder: string, text: string, askedAt: number): Promise<Diagnosis> {
  const files = await openFiles({ type: "files", path: folder });
  try {
    const toolbox = {
      inventories: [files.inventory],
      sources: files.sources,
      model: null,
      prompts: { prompts: new Map(), notes: [] },
      stopwatch: () => 0,
    };
    const question = { id: "bench", text, askedAt, timeZone: "UTC", askedWindow: null };
    return await diagnose(question, toolbox, PipelineOptions.parse({}), new AbortController().signal);
  } finally {
    await files.close();
  }
}

it.skipIf(data === undefined).each([["nezha-trainticket"], ["petshop"]])(
  "diagnoses a case of %s alike where no file with a label is left (LOCALEXPERT_DATA)",
  async (name) => {
    const [labelled] = await readCases([join(data!, name)]);
    const { text, askedAt, source } = pipelineInput(labelled!);
    const copy = await mkdtemp(join(tmpdir(), "bench-unlabelled-"));
    const unlabelled = join(copy, basename(source.path));
    let removed = 0;
    await cp(source.path, unlabelled, {
      recursive: true,
      filter: (path) => {
        const isLabel = labelFile.test(basename(path));
        if (isLabel) removed += 1;
        return !isLabel;
      },
    });

    try {
      const withLabels = await diagnosed(source.path, text, askedAt);
      const without = await diagnosed(unlabelled, text, askedAt);

      expect(removed).toBeGreaterThan(0);
      expect(without).toEqual(withLabels);
    } finally {
      await rm(copy, { recursive: true });
    }
  },
  120_000,
);
