export { readQuestion } from "./read-question.ts";
export { readingCalls, readWithModel } from "./read-with-model.ts";
