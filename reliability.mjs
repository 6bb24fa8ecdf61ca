#!/usr/bin/env node
/** Starts the fault campaign from a clone: what is missing is set up first. */
import { setUpOrSay } from "./setup.mjs";

if (setUpOrSay()) await import("./dist/bench/reliability/main.js");
else process.exitCode = 4;
