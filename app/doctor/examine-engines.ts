/** The programs that task types compute with, which may not be installed: each is started once. */
import type { Clock } from "../../model/ports/clock.ts";
import type { Finding, TaskEngine } from "../../model/ports/examination.ts";
import { describeFault, type Check } from "./examine.ts";
import type { Use } from "./examine-dags.ts";

/** One check for each engine, however many task types compute with it. Without a Dag that is on its absence is a warning. */
export function listEngineChecks(
  engines: readonly TaskEngine[],
  findUses: () => Promise<readonly Use[]>,
  clock: Clock,
): readonly Check[] {
  return [...new Set(engines)].map((engine) => ({
    what: engine.name,
    run: async (signal) => {
      const uses = (await findUses()).filter(({ type }) => type.engine === engine);
      return [await examineEngine(engine, uses, { clock, signal })];
    },
  }));
}

async function examineEngine(
  engine: TaskEngine,
  uses: readonly Use[],
  tools: Parameters<TaskEngine["probe"]>[0],
): Promise<Finding> {
  const what = engine.name;
  const on = [...new Set(uses.flatMap(({ dagIds }) => dagIds))].toSorted();
  const off = [...new Set(uses.flatMap(({ offDagIds }) => offDagIds))].toSorted();
  if (on.length + off.length === 0)
    return { what, state: "ok", says: "no Dag needs it; it was not started", todo: null };
  try {
    return { what, state: "ok", says: await engine.probe(tools), todo: null };
  } catch (error) {
    const finding = describeFault(what, error);
    const [state, who] =
      on.length > 0
        ? (["fail", `${on.join(", ")} cannot run without it`] as const)
        : (["warn", `no Dag that is on needs it; ${off.join(", ")} would`] as const);
    return { ...finding, state, says: `${finding.says} (${who})` };
  }
}
