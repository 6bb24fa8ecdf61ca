export { readQuestion } from "./read-question.ts";
export { readWithModel } from "./read-with-model.ts";
