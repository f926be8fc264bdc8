/**
 * What can be read from a Dag file although parts of it may be wrong, so that a fault in one field hides no fault in
 * another. Holds only values of the right type; the schema has reported what is missing or wrong.
 */
import type { JsonValue } from "../../model/dag/dag.ts";
import { isId } from "./dag-file-schema.ts";

export interface TaskDraft {
  readonly taskId: string;
  readonly type: string | undefined;
  readonly needs: readonly string[];
  readonly pool: string | undefined;
  /** `undefined` if the value is not a map. */
  readonly with: Readonly<Record<string, JsonValue>> | undefined;
  /** The text that `when` compares, if there is one. */
  readonly whenValue: string | undefined;
}

export interface DagDraft {
  readonly dag: string | undefined;
  readonly schedule: string | undefined;
  /** With the path of each in the file. */
  readonly after: readonly { readonly dagId: string; readonly path: readonly (string | number)[] }[];
  readonly timezone: string | undefined;
  readonly start: string | undefined;
  readonly end: string | undefined;
  readonly defaultPool: string | undefined;
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly tasks: readonly TaskDraft[];
}

/** Never throws, whatever the value. */
export function draftDag(value: JsonValue | undefined): DagDraft {
  const file = asMap(value) ?? {};
  const after = asMap(file["schedule"])?.["after"];
  return {
    dag: asText(file["dag"]),
    schedule: asText(file["schedule"]),
    after: draftAfter(after),
    timezone: asText(file["timezone"]),
    start: asText(file["start"]),
    end: asText(file["end"]),
    defaultPool: asText(asMap(file["defaults"])?.["pool"]),
    params: asMap(file["params"]) ?? {},
    tasks: Object.entries(asMap(file["tasks"]) ?? {}).map(([taskId, task]) =>
      draftTask(taskId, asMap(task) ?? {}),
    ),
  };
}

function draftTask(taskId: string, task: Readonly<Record<string, JsonValue>>): TaskDraft {
  const needs = task["needs"];
  const options = task["with"];
  return {
    taskId,
    type: asText(task["type"]),
    needs: isList(needs) ? needs.map((need) => asText(need) ?? "") : [],
    pool: asText(task["pool"]),
    with: options === undefined ? {} : asMap(options),
    whenValue: asText(asMap(task["when"])?.["value"]),
  };
}

function draftAfter(after: JsonValue | undefined): DagDraft["after"] {
  if (typeof after === "string") return [{ dagId: after, path: ["schedule", "after"] }];
  if (after === undefined || !isList(after)) return [];
  return after.flatMap((item, index) =>
    typeof item === "string" && isId(item) ? [{ dagId: item, path: ["schedule", "after", index] }] : [],
  );
}

function asText(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function asMap(value: JsonValue | undefined): Readonly<Record<string, JsonValue>> | undefined {
  if (value === undefined || value === null || typeof value !== "object" || isList(value)) return undefined;
  return value;
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
