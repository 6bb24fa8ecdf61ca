import type { Diagnosis } from "../pipeline/diagnosis.ts";
import { JobProgress } from "./diagnose-job.ts";
import type { StageListener } from "./store.ts";

/** Someone who waits for a job. */
export interface Waiting {
  readonly jobId: string;
  readonly questionId: string;
  /** Takes the progress of the job as the queue gives it, as often as it likes. */
  onProgress(progress: unknown): void;
  answer(diagnosis: Diagnosis): void;
  fail(error: Error): void;
}

/**
 * A promise of an answer, and its other end. Each stage reaches `onStage` once and in order, however
 * often and late the progress is looked at; another attempt at the job tells its stages anew.
 */
export function pendingAnswer(
  jobId: string,
  questionId: string,
  onStage: StageListener,
): { entry: Waiting; diagnosis: Promise<Diagnosis> } {
  let attempt = 0;
  let told = 0;
  let settled = false;
  let answer: (diagnosis: Diagnosis) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const diagnosis = new Promise<Diagnosis>((resolve, reject) => {
    answer = resolve;
    fail = reject;
  });
  // Whoever asked may not be listening yet when it fails.
  diagnosis.catch(() => {});

  return {
    diagnosis,
    entry: {
      jobId,
      questionId,
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
      answer(made) {
        settled = true;
        answer(made);
      },
      fail(error) {
        settled = true;
        fail(error);
      },
    },
  };
}
