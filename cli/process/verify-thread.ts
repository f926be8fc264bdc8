/** The thread that compares the lake with its records, as `dagmar lake verify` does: the scheduler's loop does not wait for it. */
import { parentPort, workerData } from "node:worker_threads";
import type { VerifyNews } from "../../app/lake/verify-on-request.ts";
import { reportVerdict, verifyLake } from "../../app/lake/verify-lake.ts";
import { describeError } from "../../model/errors.ts";
import type { VerifyScope } from "../../state/records/verifications.ts";
import { withApp } from "../open-app.ts";

const port = parentPort;
if (port === null) throw new Error("verify-thread runs as a worker thread only");
const post = (news: VerifyNews): void => port.postMessage(news);

try {
  // The thread is terminated to stop it.
  const { signal } = new AbortController();
  const progress = (checked: number, objects: number): void => post({ kind: "progress", checked, objects });
  const verdict = await withApp((app) => verifyLake(app, workerData as VerifyScope, signal, progress), {
    isInThread: true,
  });
  post({ kind: "done", report: reportVerdict(verdict) });
} catch (error) {
  post({ kind: "failed", message: describeError(error) });
}
