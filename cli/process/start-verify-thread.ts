/** Starts the thread that compares the lake with its records. */
import type { VerifyNews, VerifyThread } from "../../app/lake/verify-on-request.ts";
import { startWorkerThread } from "../../scheduler/attempts/worker-thread.ts";
import type { VerifyScope } from "../../state/records/verifications.ts";

export function startVerifyThread(scope: VerifyScope): VerifyThread {
  const thread = startWorkerThread(new URL("./verify-thread.js", import.meta.url), scope);
  return { next: async () => (await thread.next()) as VerifyNews, stop: () => thread.stop() };
}
