import { connect, type Socket } from "node:net";
import type { Defect } from "./messages.ts";
import type { Bug } from "./request.ts";

const burnSliceMs = 200;
const leakEveryMs = 250;
/** Small objects, as a forgotten cache entry has them, make collections slow. Measured: what one takes of the heap. */
const entryBytes = 440;

export interface Defects {
  readonly bug: Bug;
  /** Takes the place of the defect before; null mends. What a leak has taken stays until the process ends. */
  set(defect: Defect | null): void;
}

/** The defects of this process. `storeAddress` is where connections that nobody closes lead. */
export function processDefects(storeAddress: string | null): Defects {
  let current: Defect | null = null;
  let stop: () => void = () => undefined;
  return {
    bug: {
      wrongValue: () => current?.kind === "wrong-value",
      repeats: () => (current?.kind === "repeat-queries" ? current.times : 1),
      breaks() {
        if (current?.kind !== "throw" || Math.random() >= current.share) return;
        throw new TypeError("Cannot read properties of undefined (reading 'hotelId')");
      },
    },
    set(defect) {
      stop();
      current = defect;
      stop = started(defect, storeAddress);
    },
  };
}

function started(defect: Defect | null, storeAddress: string | null): () => void {
  switch (defect?.kind) {
    case "burn":
      return every(burnSliceMs, () => burn(burnSliceMs * defect.share));
    case "block":
      return every(defect.everyMs, () => block(defect.blockedMs));
    case "leak":
      return leak(defect.megabytesPerSecond);
    case "hold-connections":
      return holdConnections(defect.perSecond, storeAddress);
    case "crash": {
      const timer = setTimeout(() => {
        throw new Error("assertion failed: index out of range [3] with length 3");
      }, defect.afterMs);
      return () => clearTimeout(timer);
    }
    case "wrong-value":
    case "throw":
    case "repeat-queries":
    case undefined:
      return () => undefined;
  }
}

function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
}

/** Arithmetic on the event loop's own thread. */
function burn(ms: number): void {
  const until = performance.now() + ms;
  let x = 1;
  while (performance.now() < until) for (let i = 0; i < 1_000; i++) x = Math.sqrt(x + i);
}

/** Waits without working, as for a disk or a lock. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const leaked: Record<string, string>[] = [];

function leak(megabytesPerSecond: number): () => void {
  const entries = Math.ceil((megabytesPerSecond * 1e6 * (leakEveryMs / 1_000)) / entryBytes);
  return every(leakEveryMs, () => {
    for (let index = 0; index < entries; index++) {
      // A key of its own each, so that nothing is shared.
      leaked.push({ [`session-${leaked.length}`]: `${leaked.length}`.padStart(64, "x") });
    }
  });
}

function holdConnections(perSecond: number, address: string | null): () => void {
  const [host = "", port = ""] = address?.split(":") ?? [];
  const held: Socket[] = [];
  const stop = every(1_000 / perSecond, () => {
    held.push(connect(Number(port), host).on("error", () => undefined));
  });
  return () => {
    stop();
    for (const socket of held) socket.destroy();
  };
}
