/** A fitting process that does what the only method of its order says. */
process.once("message", ({ methods: [what] }: { methods: string[] }) => {
  const end = (message: object) => process.send?.(message, () => process.exit(0));
  process.send?.({ kind: "step", text: "reading" });
  if (what === "fine") end({ kind: "fitted", fits: [], periods: [], excluded: [], newPaths: [] });
  if (what === "refuse")
    end({ kind: "failure", code: "source-invalid", message: "There is nothing to learn from." });
  if (what === "break") end({ kind: "bug", message: "x is not a function" });
  if (what === "vanish") process.stderr.write("out of wits", () => process.exit(3));
  if (what === "linger") setInterval(() => {}, 60_000);
});
