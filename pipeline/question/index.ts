export { readQuestion } from "./read-question.ts";
