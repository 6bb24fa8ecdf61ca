import { type OpenToolbox, openToolbox, type Telemetry } from "./compose.ts";
import type { Config } from "./config.ts";
import { recordedFirst } from "./connectors/llm/recorded-model.ts";
import type { Chat } from "./jobs/chat.ts";
import { freshFittedModels, modelFolder } from "./jobs/fitted-models.ts";
import { type Pipeline, serveDiagnoses } from "./jobs/process-task.ts";
import { diagnose } from "./pipeline/diagnose.ts";
import { earlierIncidents, type KnownIncident } from "./pipeline/past-incident.ts";
import { summarize } from "./pipeline/summary/summarize.ts";
import type { ChatQuestion } from "./pipeline/types.ts";

/** What compose.ts hands to a process of the pool. */
type ProcessData = Telemetry & Pick<Config, "pipeline" | "model" | "stateFolder">;

/**
 * The telemetry is opened once per process, and at once: the process starts before its first question is
 * there. Models are looked at with every question, since they may be fitted meanwhile.
 */
function open({ pipeline, stateFolder, ...telemetry }: ProcessData, chat: Chat): Pipeline {
  const fitted = freshFittedModels(modelFolder(stateFolder));
  let toolbox: Promise<OpenToolbox> | null = null;
  const opened = () => {
    toolbox ??= openToolbox(telemetry, chat);
    // A source that could not be opened is tried again with the next question.
    toolbox.catch(() => {
      toolbox = null;
    });
    return toolbox;
  };
  void opened();
  void fitted();
  const equipped = async (question: ChatQuestion, known: readonly KnownIncident[]) => ({
    ...remembering(question, await opened(), known),
    fitted: await fitted(),
  });
  return {
    diagnose: async (question, signal, onStage, known) =>
      diagnose(question, await equipped(question, known), pipeline, signal, onStage),
    summarize: async (question, signal, onStage, known) =>
      summarize(question, await equipped(question, known), pipeline, signal, onStage),
  };
}

/** What was asked of the model when the question came is not asked again. */
function remembering(
  { reading = [] }: ChatQuestion,
  toolbox: OpenToolbox,
  known: readonly KnownIncident[],
): OpenToolbox {
  return {
    ...toolbox,
    model: toolbox.model === null ? null : recordedFirst(reading, toolbox.model),
    recall: (incident) => earlierIncidents(incident, known),
  };
}

serveDiagnoses<ProcessData>(open);
