/** Which params a run may be given: those that its Dag declares, with values of the same kind as their defaults. */
import type { DagDefinition, JsonValue, Params } from "../../model/dag/dag.ts";
import { CommandRefused } from "../../model/errors.ts";

/** For values that are typed already. `where`: what they are called there. Raises `PARAM_INVALID`. */
export function checkParams(given: Params, dag: DagDefinition, where: string): void {
  for (const [name, value] of Object.entries(given)) {
    const place = `${where}.${name}`;
    if (!Object.hasOwn(dag.params, name)) throw refuseUnknownParam(place, dag, "It declares");
    assertParamKind(place, value, dag.params[name] ?? null);
  }
}

export function refuseUnknownParam(
  place: string,
  { dagId, params }: DagDefinition,
  hint: string,
): CommandRefused {
  const declared = Object.keys(params).join(", ");
  return new CommandRefused("PARAM_INVALID", `${place}: ${dagId} has no such param.`, {
    hint: declared === "" ? "It declares none." : `${hint} ${declared}.`,
  });
}

/** A param without a default takes any value; null is taken by any param but a list. Raises `PARAM_INVALID`. */
export function assertParamKind(place: string, value: JsonValue, preset: JsonValue): void {
  if (preset === null || findKind(value) === findKind(preset)) return;
  if (value === null && !Array.isArray(preset)) return;
  throw new CommandRefused(
    "PARAM_INVALID",
    `${place}: this must be a ${findKind(preset)}, as its default ${JSON.stringify(preset)}.`,
  );
}

function findKind(value: JsonValue): string {
  if (Array.isArray(value)) return "list";
  return { string: "text", boolean: "true or false" }[typeof value as string] ?? typeof value;
}
