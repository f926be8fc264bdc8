/** The executor that runs attempts in this process. The attempt runner runs each of them. */
import type { AttemptKey } from "../../model/ports/attempt-logs.ts";
import type { CancelReason, Executor } from "../../model/ports/executor.ts";
import { nameRun } from "../../model/run/run-name.ts";
import { runAttempt, type AttemptStops, type AttemptTools } from "./attempt-runner.ts";
import { DrainRequested, RunStopped } from "./stop-reasons.ts";

export function createInProcessExecutor(tools: AttemptTools): Executor {
  const underWay = new Map<string, AttemptStops>();
  return {
    async submit(request, onProgress) {
      const name = nameAttempt(request.key);
      if (underWay.has(name)) throw new Error(`${name} is already running`);
      // Controllers of its own for each attempt: signals joined with `AbortSignal.any` keep memory until the longest-lived signal
      // goes, here the process's.
      const stops = { stop: new AbortController(), wrapUp: new AbortController() };
      underWay.set(name, stops);
      try {
        return await runAttempt(tools, request, stops, onProgress);
      } finally {
        underWay.delete(name);
      }
    },
    cancel(key, reason) {
      underWay.get(nameAttempt(key))?.stop.abort(explainStop(reason));
    },
    wrapUp(key) {
      underWay.get(nameAttempt(key))?.wrapUp.abort(new DrainRequested("the time of the run is nearly over"));
    },
  };
}

function nameAttempt({ dagId, runId, taskId, attempt }: AttemptKey): string {
  return `${nameRun({ dagId, runId })} ${taskId}, attempt ${attempt}`;
}

function explainStop(reason: CancelReason): DrainRequested | RunStopped {
  return reason === "drained" ? new DrainRequested("the process is stopping") : new RunStopped(reason);
}
