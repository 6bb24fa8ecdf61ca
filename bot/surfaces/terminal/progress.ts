import { plainText } from "../../plain-text.ts";
import { firstFindingWords } from "../../progress-so-far.ts";
import type { Progress } from "../../reply.ts";
import { stageWords } from "../../stage-words.ts";
import { type Line, type Paint, printed, segment } from "./layout.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;
const frameMs = 100;

/** Where progress is written, and whether it can be redrawn there. */
export interface ProgressScreen {
  readonly write: (text: string) => void;
  readonly live: boolean;
  readonly paint: Paint;
  /** Milliseconds, for the seconds shown. */
  readonly stopwatch: () => number;
}

export interface ProgressLine {
  show(progress: Pick<Progress, "stages" | "found">): void;
  stop(): void;
}

/**
 * The stages of one question: finished ones stay as lines, and so does what is found on the way; the running
 * one is a line that turns on a terminal, and is written once elsewhere.
 */
export function progressLine({ write, live, paint, stopwatch }: ProgressScreen): ProgressLine {
  const begun = stopwatch();
  const said = new Set<string>();
  let running = "Starting";
  let frame = 0;
  const timer = live ? setInterval(draw, frameMs).unref() : null;
  if (live) draw();

  function seconds(): string {
    return `${((stopwatch() - begun) / 1000).toFixed(1)} s`;
  }

  function draw(): void {
    frame = (frame + 1) % frames.length;
    const line: Line = [
      segment(`${frames[frame] ?? ""} `, "cyan"),
      segment(`${running} …`),
      segment(`  ${seconds()}`, "dim"),
    ];
    write(`${clearLine}${printed([line], paint).trimEnd()}`);
  }

  function sayOnce(key: string, line: Line): void {
    if (said.has(key)) return;
    said.add(key);
    write(`${live ? clearLine : ""}${printed([line], paint)}`);
  }

  return {
    show({ stages, found }) {
      for (const { name, state, detail } of stages) {
        const label = stageWords[name];
        if (!live) sayOnce(`${name} started`, [segment(`${label} …  ${seconds()}`)]);
        if (state === "done") {
          sayOnce(`${name} done`, live ? doneLine(label, detail, seconds()) : [segment(`  ${detail}`)]);
        } else {
          running = label;
        }
      }
      if (found !== undefined) {
        sayOnce(found, [segment(`${firstFindingWords} `, "yellow"), segment(plainText(found))]);
      }
      if (live) draw();
    },
    stop() {
      if (timer !== null) clearInterval(timer);
      if (live) write(clearLine);
    },
  };
}

const clearLine = "\r\u001b[2K";

function doneLine(label: string, detail: string, seconds: string): Line {
  return [
    segment("✓ ", "green"),
    segment(label),
    segment(detail === "" ? "" : `: ${detail}`, "dim"),
    segment(`  ${seconds}`, "dim"),
  ];
}
