/** A room for many at once, or for one alone. */
export interface SharedOrAlone {
  /** Resolves, once inside, to how to leave. Those who share do not wait for one who waits to be alone. */
  enter(alone: boolean): Promise<() => void>;
}

export function sharedOrAlone(): SharedOrAlone {
  const waiting: { readonly alone: boolean; readonly goIn: () => void }[] = [];
  let inside = 0;
  let taken = false;
  const mayEnter = (alone: boolean) => !taken && (!alone || inside === 0);
  const enterNow = (alone: boolean) => {
    inside++;
    taken = alone;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      inside--;
      taken = false;
      letIn();
    };
  };
  function letIn(): void {
    for (let at = 0; at < waiting.length; ) {
      const next = waiting[at];
      if (next !== undefined && mayEnter(next.alone)) {
        waiting.splice(at, 1);
        next.goIn();
      } else at++;
    }
  }
  return {
    enter: (alone) =>
      mayEnter(alone)
        ? Promise.resolve(enterNow(alone))
        : new Promise((resolve) => {
            waiting.push({ alone, goIn: () => resolve(enterNow(alone)) });
          }),
  };
}
