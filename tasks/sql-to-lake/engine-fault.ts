/** What the engine's fault means for the task: its code, the SQL's file and line, and what to do. */
import { TaskFailure } from "../../model/errors.ts";
import type { EngineFailure, InputFiles } from "./engine/job.ts";

/** The version that the tests run with. */
export const INSTALL = "npm install @duckdb/node-api@1.5.6-r.1";

export function describeEngineFault(
  { code, line, message, hint: given }: EngineFailure,
  {
    taskId,
    sqlName,
    inputs,
  }: { readonly taskId: string; readonly sqlName: string; readonly inputs: readonly InputFiles[] },
): TaskFailure {
  const place = line === null ? "" : ` line ${line}:`;
  const hint = code === "ENGINE_MISSING" ? `Install it where Dagmar is installed: \`${INSTALL}\`.` : given;
  const name = code === "SQL_FAILED" ? ` ${sqlName}:${place}` : "";
  return new TaskFailure(
    code,
    `${taskId}:${name} ${nameObjects(message, inputs)} Nothing was published.`,
    false,
    hint === null ? {} : { hint },
  );
}

/** The engine knows the objects by the names of their files. */
export function nameObjects(message: string, inputs: readonly InputFiles[]): string {
  return inputs
    .flatMap(({ files, keys }) => files.map((file, index) => [file, keys[index] ?? file] as const))
    .reduce((text, [file, key]) => text.replaceAll(file, key), message);
}
