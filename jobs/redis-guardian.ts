import { spawn } from "node:child_process";

/**
 * Waits for the end of its input, which the kernel closes when the program dies however it dies, and
 * then ends the private server unless another program still uses it. Plain POSIX sh: it costs under
 * one megabyte while it waits, polls nothing, and cannot be taken down by what took the program down.
 * `$1` is the private server's folder, `$2` the name of the program's file under users/.
 */
const script = `
trap '' INT TERM HUP
read -r word && [ "$word" = left ] && exit 0
cd "$1" || exit 0
alive() { kill -0 "$1" 2>/dev/null; }
tries=0
until ln -s "$$" lock 2>/dev/null; do
  [ -d users ] || exit 0
  holder=$(readlink lock)
  if [ -n "$holder" ] && ! alive "$holder" && mkdir lock.break 2>/dev/null; then
    holder=$(readlink lock)
    [ -n "$holder" ] && ! alive "$holder" && rm -f lock
    rmdir lock.break
  else
    tries=$((tries + 1))
    [ "$tries" -gt 600 ] && exit 0
    sleep 0.1 2>/dev/null || sleep 1
  fi
done
rm -f "users/$2"
used=
for file in users/*; do
  [ -e "$file" ] || continue
  name=\${file#users/}
  if alive "\${name%%-*}"; then used=yes; else rm -f "$file"; fi
done
if [ -z "$used" ] && [ -f server ]; then
  { read -r pid; read -r socket; } < server
  case "$(cat "/proc/$pid/comm" 2>/dev/null || ps -p "$pid" -o comm= 2>/dev/null)" in
    *redis* | *valkey*)
      kill -TERM "$pid" 2>/dev/null
      tries=0
      while alive "$pid" && [ -S "$socket" ] && [ "$tries" -lt 300 ]; do
        tries=$((tries + 1))
        sleep 0.1 2>/dev/null || sleep 1
      done
      ;;
  esac
  rm -f server
fi
rm -f lock
`;

export interface RedisGuardian {
  /** The program has seen to the server itself. */
  dismiss(): void;
  /** The program could not see to the server: the guardian does, now. */
  release(): void;
}

/** Starts the guardian in a session of its own, so that Ctrl-C in a terminal does not reach it. */
export function startRedisGuardian(folder: string, user: string): RedisGuardian {
  const child = spawn("/bin/sh", ["-c", script, "localexpert-redis-guardian", folder, user], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  // No shell means no guardian: close() still ends the server, and the next program clears up after a kill.
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  child.unref();
  return {
    dismiss: () => void child.stdin.end("left\n"),
    release: () => void child.stdin.end(),
  };
}
