/** The Dag files, the folder of source files, and the services that the tasks of Dags ask. */
import { accessSync, constants, statSync } from "node:fs";
import type { DagFolder } from "../../config/dag-file/load-dags.ts";
import { literalPrefix } from "../../model/dag/template.ts";
import { formatDagIssue } from "../../model/errors.ts";
import type { Finding, TaskService } from "../../model/ports/examination.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import type { App } from "../app.ts";
import { describeFault } from "./examine.ts";
import { countNoun } from "../../model/text/count-noun.ts";

export function examineDagFiles({ dags, broken }: DagFolder, folder: string): readonly Finding[] {
  const what = "dag files";
  const [first, ...others] = [...broken.values()].flat();
  if (first !== undefined) {
    const more = others.length === 0 ? "" : `, and ${countNoun(others.length, "more fault")}`;
    const says = `${formatDagIssue(first)}${more}`;
    return [{ what, state: "fail", says, todo: "`dagmar dags validate` shows every fault." }];
  }
  if (dags.size === 0) {
    const todo = "Write a Dag file there, or set DAGMAR_DAGS; `dagmar init` makes examples.";
    return [{ what, state: "warn", says: `${folder} has no Dag files`, todo }];
  }
  const off = [...dags.values()].filter(({ enabled }) => !enabled).length;
  const says = `${dags.size} valid in ${folder}${off === 0 ? "" : `, ${off} of them off`}`;
  return [{ what, state: "ok", says, todo: null }];
}

export function examineInput(folder: string): readonly Finding[] {
  const what = "input folder";
  const todo = "Make the folder, or set DAGMAR_INPUT.";
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return [{ what, state: "warn", says: `${folder} is not a folder`, todo }];
  }
  accessSync(folder, constants.R_OK | constants.X_OK);
  return [{ what, state: "ok", says: folder, todo: null }];
}

export interface Use {
  readonly type: AnyTaskType;
  readonly dagIds: readonly string[];
  readonly offDagIds: readonly string[];
}

/** Which Dags use each task type: those that are on, and those that are off. */
export function listUses(folder: DagFolder, registry: App["registry"]): readonly Use[] {
  const dags = [...folder.dags.values()];
  return [...registry.values()].map((type) => {
    const using = dags.filter(({ definition }) => definition.tasks.some((task) => task.type === type.type));
    const listIds = (isOn: boolean): readonly string[] =>
      using.filter(({ enabled }) => enabled === isOn).map(({ definition }) => definition.dagId);
    return { type, dagIds: listIds(true), offDagIds: listIds(false) };
  });
}

/** No request is sent to a service that no enabled Dag asks; what is not set up yet is then a warning. */
export async function examineService(
  service: TaskService,
  { dagIds, offDagIds }: Omit<Use, "type">,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const what = service.name;
  if (dagIds.length === 0) return [examineUnused(service, offDagIds)];
  try {
    return [{ what, state: "ok", says: await service.probe(signal), todo: null }];
  } catch (error) {
    const finding = describeFault(what, error);
    return [{ ...finding, says: `${finding.says} (${dagIds.join(", ")} asks it)` }];
  }
}

function examineUnused(service: TaskService, offDagIds: readonly string[]): Finding {
  const what = service.name;
  const unused = "no Dag that is on asks it; nothing was asked";
  if (offDagIds.length === 0) return { what, state: "ok", says: unused, todo: null };
  try {
    service.assertConfigured();
    return { what, state: "ok", says: unused, todo: null };
  } catch (error) {
    const finding = describeFault(what, error);
    return {
      ...finding,
      state: "warn",
      says: `${finding.says} (${offDagIds.join(", ")}, which is off, asks it)`,
    };
  }
}

/** What tasks list in the lake before they store: the fixed beginning of each key. */
export function listPrefixes(folder: DagFolder, registry: App["registry"]): readonly string[] {
  const prefixes = [...folder.dags.values()].flatMap(({ definition }) =>
    definition.tasks.flatMap((task) => {
      const written = registry.get(task.type)?.writes(task.with);
      return written === undefined ? [] : [literalPrefix(written.key)];
    }),
  );
  // One that begins with another is seen with it.
  const sorted = [...new Set(prefixes)].toSorted();
  return sorted.filter((prefix) => !sorted.some((other) => other !== prefix && prefix.startsWith(other)));
}
