/** What every page says about the service. */
import { readSchedulerLife, type SchedulerLife } from "../../../app/service/scheduler-life.ts";
import { countOpenRuns } from "../../../state/pages/overview.ts";
import type { PageTools } from "./page.ts";

export interface ServiceFigures extends SchedulerLife {
  /** Queued and running, of this lake. */
  readonly openRuns: number;
}

export function readServiceFigures({
  query,
  now,
  lakeId,
}: Pick<PageTools, "query" | "now" | "lakeId">): ServiceFigures {
  return { ...readSchedulerLife(query, now), openRuns: countOpenRuns(query, lakeId) };
}
