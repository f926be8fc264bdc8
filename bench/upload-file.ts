/** One upload as the task does it, in a process of its own: fingerprint first, then put. Arguments: lake, file, key. */
import { openLake } from "../lake/open-lake.ts";
import type { Clock } from "../model/ports/clock.ts";
import type { Logger } from "../model/ports/logger.ts";
import { systemClock } from "../cli/process/system-clock.ts";
import { fingerprintSource } from "../tasks/file-to-lake/source-file.ts";

const [location = "", file = "", key = ""] = process.argv.slice(2);
const clock: Clock = systemClock;
const nothing = (): void => undefined;
const log: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, with: () => log };
const endpoint = process.env["DAGMAR_TEST_S3_ENDPOINT"];
const accessKeyId = process.env["DAGMAR_TEST_S3_ACCESS_KEY"] ?? "";
const secretAccessKey = process.env["DAGMAR_TEST_S3_SECRET_KEY"] ?? "";
const lake = openLake(location, {
  clock,
  log,
  s3: {
    ...(endpoint === undefined ? {} : { endpoint }),
    region: process.env["DAGMAR_TEST_S3_REGION"] ?? "us-east-1",
    credentials: { accessKeyId, secretAccessKey },
  },
});
const signal = new AbortController().signal;
const source = await fingerprintSource(file, { clock, signal, stableForSeconds: 0, onProgress: nothing });
const result = await lake.putFile({
  ...source,
  key,
  metadata: { "dagmar-kind": "file" },
  contentType: "application/octet-stream",
  signal,
});
if (result.outcome !== "created") throw new Error(`${key} exists already`);
await lake.close();
