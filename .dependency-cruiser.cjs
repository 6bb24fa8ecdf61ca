// The import rules of docs/architecture.md, one per row of its table. test/rooms.test.ts runs them.
const rooms = "^(bot|cli|jobs|pipeline|prompts|connectors|bench|testbed)/";
const rootFiles = "^[^/]+\\.ts$";

/** A room may import itself, packages, Node's core where it is allowed, and what `allowed` matches. */
const only = (room, allowed, comment) => ({
  name: `${room}-imports`,
  severity: "error",
  comment,
  from: { path: `^${room}/` },
  to: { path: rooms, pathNot: [`^${room}/`, ...allowed] },
});

module.exports = {
  forbidden: [
    only("pipeline", ["^prompts/.*schema"], "pipeline/ knows only the answer schemas of prompts/"),
    only("prompts", [], "prompts/ imports nothing"),
    only(
      "connectors",
      [
        "^pipeline/(types|ports|errors|diagnosis|incident-summary|past-incident|model-call|permitted|labelled-case)\\.ts$",
        "^jobs/(store|chat|secret-reference)\\.ts$",
        "^prompts/.*schema",
      ],
      "connectors/ implement the pipeline's ports and the store's interface",
    ),
    only("jobs", ["^pipeline/", "^prompts/.*schema"], "jobs/ run the pipeline"),
    only(
      "bot",
      [
        "^pipeline/(types|errors|diagnosis|incident-summary|permitted|labelled-case|schedule-command)\\.ts$",
        "^jobs/(enqueue|notifier|store|secret-reference)\\.ts$",
      ],
      "bot/ shows diagnoses and enqueues questions",
    ),
    only("bench", ["^(pipeline|prompts|connectors|jobs|testbed)/"], "bench/ sees everything but bot/"),
    only("testbed", [], "testbed/ is no part of the product"),
    {
      name: "nobody-imports-the-command-line",
      severity: "error",
      from: { path: rooms, pathNot: "^cli/" },
      to: { path: "^cli/" },
    },
    {
      name: "pipeline-is-pure",
      severity: "error",
      comment:
        "pipeline/ imports no Node core module and no client library; zod, luxon, chrono-node and fastest-levenshtein are pure",
      from: { path: "^pipeline/" },
      to: {
        dependencyTypes: ["core", "npm", "npm-dev", "npm-no-pkg", "unknown"],
        pathNot: "(^|node_modules/)(@types/)?(zod|luxon|chrono-node|fastest-levenshtein)(/|$)",
      },
    },
    {
      name: "prompts-are-data",
      severity: "error",
      from: { path: "^prompts/" },
      to: { dependencyTypes: ["core", "npm", "npm-dev"], pathNot: "node_modules/zod/" },
    },
    {
      name: "no-room-imports-root",
      severity: "error",
      comment: "the bench and the command line run what is composed",
      from: { path: rooms, pathNot: "^(bench|cli)/" },
      to: { path: rootFiles },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "only-teams-knows-its-sdk",
      severity: "error",
      comment: "botbuilder is out of support: one file knows it, so that its successor can take its place",
      from: { path: "^[^/]+\\.ts$|^(bot|cli|jobs)/", pathNot: "^bot/surfaces/teams/connection\\.ts$" },
      to: { path: "(^|node_modules/)(botbuilder|botframework-)" },
    },
    {
      name: "only-config-reads-yaml",
      severity: "error",
      from: { path: rooms },
      to: { path: "node_modules/yaml/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|test)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js", ".json"] },
  },
};
