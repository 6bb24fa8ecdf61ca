#!/usr/bin/env node
/** Starts LocaleXpert from a clone: what is missing is set up first, then the program runs in this process. */
import { setUpOrSay } from "./setup.mjs";

if (setUpOrSay()) await import("./dist/main.js");
// What is missing stops the program as an unsuitable Redis does.
else process.exitCode = 4;
