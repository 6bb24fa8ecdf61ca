#!/usr/bin/env node
/** Starts the testbed from a clone: what is missing is set up first. */
import { setUpOrSay } from "./setup.mjs";

if (setUpOrSay()) await import("./dist/testbed/main.js");
else process.exitCode = 4;
