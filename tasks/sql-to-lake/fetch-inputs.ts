/** Brings the chosen objects into the attempt's folder, and verifies on the way that they are the recorded ones. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { mapAtOnce } from "../../lake/protocol/look-at.ts";
import { LakeError } from "../../model/errors.ts";
import type { Lake } from "../../model/ports/lake.ts";
import type { Progress } from "../../model/ports/task-type.ts";
import type { ChosenInput, InputContent } from "./choose-inputs.ts";
import type { InputFiles } from "./engine/job.ts";

export interface FetchTools {
  readonly lake: Lake;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

export async function fetchInputs(
  inputs: readonly ChosenInput[],
  tools: FetchTools,
): Promise<readonly InputFiles[]> {
  const total = inputs.flatMap(({ objects }) => objects).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let done = 0;
  const count = (bytes: number): void => {
    done += bytes;
    tools.progress({ done, total, unit: "bytes", note: "reading" });
  };
  const fetched: InputFiles[] = [];
  for (const { name, option, objects } of inputs) {
    const folder = join(tools.folder, name);
    await mkdir(folder);
    const places = objects.map((object, index) => ({
      object,
      // In the order of the keys, and never a name from the lake.
      path: join(folder, `${String(index + 1).padStart(6, "0")}.${option.format}`),
    }));
    await mapAtOnce(places, ({ object, path }) => fetchOne(object, path, tools, count));
    const { format, delimiter, nulls, columns = {} } = option;
    fetched.push({
      name,
      format,
      files: places.map(({ path }) => path),
      keys: objects.map(({ key }) => key),
      delimiter,
      nulls,
      columns,
    });
  }
  return fetched;
}

/** Raises `LAKE_CORRUPT` for other bytes than the database has recorded. */
async function fetchOne(
  { key, sha256 }: InputContent,
  path: string,
  { lake, signal }: FetchTools,
  count: (bytes: number) => void,
): Promise<void> {
  let before = 0;
  const onProgress = (readBytes: number): void => {
    count(readBytes - before);
    before = readBytes;
  };
  const { sha256: found } = await lake.getFile({ key, path, signal, onProgress });
  if (found === sha256) return;
  throw new LakeError(
    "LAKE_CORRUPT",
    `${key} holds other bytes than recorded: sha256 ${found} instead of ${sha256}. Nothing was published.`,
    false,
    { hint: "`dagmar lake verify --deep` compares every object. Run the Dag that stores this one again." },
  );
}
