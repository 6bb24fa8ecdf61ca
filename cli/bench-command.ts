import { type BenchOptions, runBench } from "../bench/index.ts";
import { exitCodes, printLine, type Shell } from "./shell.ts";

/** Scores labelled cases and prints the table. A wrong answer is no failure of the run; none at all is. */
export async function bench(options: Omit<BenchOptions, "progress">, shell: Shell): Promise<number> {
  const progress = (line: string) => void shell.errors.write(`${line}\n`);
  const { failed, table } = await runBench({ ...options, progress }, shell.signal);
  printLine(shell, table);
  return failed === 0 ? exitCodes.answered : exitCodes.bug;
}
