import { spawn } from "node:child_process";

/**
 * Waits for the end of its input, which the kernel closes when the program dies however it dies, and
 * then ends what the program could not end: the stores, and services that were stopped and so cannot
 * see that they are alone. Plain POSIX sh, so that it costs next to nothing while it waits. `$1` is the
 * testbed's folder; its `processes` file has a line "PID NAME" for each process that was started.
 */
const script = `
trap '' INT TERM HUP
read -r word && [ "$word" = left ] && exit 0
while read -r pid name; do
  case "$(cat "/proc/$pid/comm" 2>/dev/null || ps -p "$pid" -o comm= 2>/dev/null)" in
    *redis* | *valkey*) kill -CONT "$pid" 2>/dev/null; kill -KILL "$pid" 2>/dev/null ;;
    ?*) kill -CONT "$pid" 2>/dev/null ;;
  esac
done < "$1/processes"
rm -rf "$1"
`;

export interface Guardian {
  /** The program has ended everything itself. */
  dismiss(): void;
}

/** Starts the guardian in a session of its own, so that Ctrl-C in a terminal does not reach it. */
export function startGuardian(folder: string): Guardian {
  const child = spawn("/bin/sh", ["-c", script, "testbed-guardian", folder], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", () => undefined);
  child.stdin.on("error", () => undefined);
  child.unref();
  return { dismiss: () => void child.stdin.end("left\n") };
}
