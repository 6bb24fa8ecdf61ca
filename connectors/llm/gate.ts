import { BotError } from "../../pipeline/errors.ts";

export type Priority = "person" | "schedule";

/** Lets so many calls at once to a model; those who wait are let in people first, then by age. */
export interface Gate {
  /** Resolves with what gives the place back. Throws: BotError "cancelled", when aborted. */
  enter(priority: Priority, signal: AbortSignal): Promise<() => void>;
}

/** A gate for one process: the bench, and commands without Redis. */
export function localGate(concurrency: number): Gate {
  const line: { readonly priority: Priority; readonly letIn: () => void }[] = [];
  let inside = 0;

  function leave(): void {
    inside -= 1;
    const person = line.findIndex(({ priority }) => priority === "person");
    const next = line.splice(Math.max(0, person), 1)[0];
    if (next === undefined) return;
    inside += 1;
    next.letIn();
  }

  return {
    async enter(priority, signal) {
      if (signal.aborted) throw cancelled();
      if (inside < concurrency) inside += 1;
      else await queued(line, priority, signal);
      return once(leave);
    },
  };
}

async function queued(
  line: { priority: Priority; letIn: () => void }[],
  priority: Priority,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const entry = {
      priority,
      letIn: () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      },
    };
    const giveUp = () => {
      line.splice(line.indexOf(entry), 1);
      reject(cancelled());
    };
    signal.addEventListener("abort", giveUp, { once: true });
    line.push(entry);
  });
}

export function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

export function cancelled(): BotError {
  return new BotError("cancelled", "The diagnosis was stopped.");
}
