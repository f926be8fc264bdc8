/** The ids out of a CSV as the task finds them: a stream that is hashed, a thread, the scanner. Argument: the file. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline, Transform } from "node:stream";
import { startWorkerThread } from "../scheduler/attempts/worker-thread.ts";
import type { ScannerOptions } from "../tasks/csv-to-ids/scan/scanner.ts";
import { scanStream } from "../tasks/csv-to-ids/scan-stream.ts";

const options: ScannerOptions = {
  delimiter: "|",
  idColumn: "id",
  conditions: { genero: { any_of: ["Animation", "Comedy"] }, anoLancamento: { at_least: 2001 } },
};
const worker = startWorkerThread(new URL("../tasks/csv-to-ids/worker.js", import.meta.url), options);
const hash = createHash("sha256");
const hashed = new Transform({
  highWaterMark: 1024 * 1024,
  transform(chunk: Buffer, _encoding, done) {
    hash.update(chunk);
    done(null, chunk);
  },
});
pipeline(createReadStream(process.argv[2] ?? "", { highWaterMark: 1024 * 1024 }), hashed, () => undefined);
let ids = 0;
const result = await scanStream(hashed, worker, (step) => {
  ids += step.ids.length;
});
ids += result.ids.length;
await worker.stop();
const faulty = Object.values(result.faulty).reduce((sum, count) => sum + count, 0);
const answer = { ids, rows: result.rows, faulty, sha256: hash.digest("hex") };
process.stdout.write(JSON.stringify(answer));
