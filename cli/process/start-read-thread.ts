/** Starts the thread that reads for pages and the API. */
import { startWorkerThread } from "../../scheduler/attempts/worker-thread.ts";
import type { FromReader, ReadSettings } from "../../web/reading/read-request.ts";
import type { ThreadHandle } from "../../web/reading/read-thread.ts";

export function startReadThread(settings: ReadSettings): ThreadHandle {
  const thread = startWorkerThread(new URL("./read-thread.js", import.meta.url), settings);
  return {
    post: (message) => thread.post(message),
    next: async () => (await thread.next()) as FromReader,
    stop: () => thread.stop(),
  };
}
