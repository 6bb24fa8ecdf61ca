import { JobProgress } from "./diagnose-job.ts";
import type { StageListener } from "./store.ts";

/** Someone who waits for a job. */
export interface Waiting {
  readonly jobId: string;
  /** Takes the progress of the job as the queue gives it, as often as it likes. */
  onProgress(progress: unknown): void;
  /** Hands over what the job made and saved; false when it is no longer saved. */
  arrive(): Promise<boolean>;
  fail(error: Error): void;
}

/**
 * A promise of an answer, and its other end. Each stage reaches `onStage` once and in order, however
 * often and late the progress is looked at; another attempt at the job tells its stages anew.
 */
export function pendingAnswer<Made>(
  jobId: string,
  load: () => Promise<Made | null>,
  onStage: StageListener,
): { entry: Waiting; made: Promise<Made> } {
  let attempt = 0;
  let told = 0;
  let settled = false;
  let answer: (made: Made) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const made = new Promise<Made>((resolve, reject) => {
    answer = resolve;
    fail = reject;
  });
  // Whoever asked may not be listening yet when it fails.
  made.catch(() => {});

  return {
    made,
    entry: {
      jobId,
      onProgress(raw) {
        const progress = JobProgress.safeParse(raw);
        if (settled || !progress.success || progress.data.attempt < attempt) return;
        if (progress.data.attempt > attempt) told = 0;
        attempt = progress.data.attempt;
        for (const stage of progress.data.stages.slice(told)) {
          told += 1;
          onStage(stage);
        }
      },
      async arrive() {
        const saved = await load();
        if (saved === null) return false;
        settled = true;
        answer(saved);
        return true;
      },
      fail(error) {
        settled = true;
        fail(error);
      },
    },
  };
}
