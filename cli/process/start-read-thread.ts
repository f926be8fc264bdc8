/** Starts the thread that reads for pages and the API. */
import { join } from "node:path";
import { startWorkerThread } from "../../scheduler/attempts/worker-thread.ts";
import { findPackageFolder } from "./package-folder.ts";
import type { FromReader, ReadSettings } from "../../web/reading/read-request.ts";
import type { ThreadHandle } from "../../web/reading/read-thread.ts";

/** It lives as long as a page is open, and mostly waits. */
const YOUNG_MEGABYTES = 2;

export function startReadThread(settings: Omit<ReadSettings, "assetsFolder">): ThreadHandle {
  const assetsFolder = join(findPackageFolder(), "dist", "browser");
  const given: ReadSettings = { ...settings, assetsFolder };
  const thread = startWorkerThread(new URL("./read-thread.js", import.meta.url), given, YOUNG_MEGABYTES);
  return {
    post: (message) => thread.post(message),
    next: async () => (await thread.next()) as FromReader,
    stop: () => thread.stop(),
  };
}
