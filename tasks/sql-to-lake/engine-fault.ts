/** What the engine's fault means for a task or a query: its code, the place in the SQL or in an object, and what to do. */
import { TaskFailure } from "../../model/errors.ts";
import type { EngineFailure, InputFiles } from "./engine/job.ts";

/** The version that the tests run with. */
const INSTALL = "npm install @duckdb/node-api@1.5.6-r.1";
const INSTALL_HINT = `Install it where Dagmar is installed: \`${INSTALL}\`.`;

export function describeEngineFault(
  fault: EngineFailure,
  {
    taskId,
    sqlName,
    inputs,
  }: { readonly taskId: string; readonly sqlName: string; readonly inputs: readonly InputFiles[] },
): TaskFailure {
  const place = fault.line === null ? "" : ` line ${fault.line}:`;
  const name = fault.code === "SQL_FAILED" ? ` ${sqlName}:${place}` : "";
  const message = `${taskId}:${name} ${nameObjects(fault.message, inputs)} Nothing was published.`;
  return fail(fault, message, fault.hint);
}

/** Of the SQL of a command line, whose options are other ones than a task's. */
export function describeQueryFault(fault: EngineFailure, inputs: readonly InputFiles[]): TaskFailure {
  const { code, line, column, hint } = fault;
  const place = line === null ? "" : `line ${line}${column === null ? "" : `, column ${column}`}: `;
  const what = code === "ENGINE_OUT_OF_MEMORY" ? "Give the query more with --memory, or ask for less." : hint;
  return fail(fault, `${place}${nameObjects(fault.message, inputs)}`, what);
}

/** Of an engine that was started without any work. */
export function describeProbeFault(fault: EngineFailure): TaskFailure {
  return fail(fault, fault.message, fault.hint);
}

function fail({ code }: EngineFailure, message: string, given: string | null): TaskFailure {
  const hint = code === "ENGINE_MISSING" ? INSTALL_HINT : given;
  return new TaskFailure(code, message, false, hint === null ? {} : { hint });
}

/** The engine knows the objects by the names of their files. */
function nameObjects(message: string, inputs: readonly InputFiles[]): string {
  return inputs
    .flatMap(({ files, keys }) => files.map((file, index) => [file, keys[index] ?? file] as const))
    .reduce((text, [file, key]) => text.replaceAll(file, key), message);
}
