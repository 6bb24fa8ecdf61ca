/** `node --import` this to run the project's .ts files in a thread or process of their own, unbuilt. */
import { register } from "node:module";

register("./typescript-hooks.mjs", import.meta.url);
