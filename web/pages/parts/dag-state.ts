/** Whether a Dag is on, as the list of Dags and its own pages show it. */
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import type { Words } from "../frame/language.ts";

export const DAG_STATES = ["on", "paused", "off", "broken"] as const;
export type DagState = (typeof DAG_STATES)[number];

export function judgeDag({
  hasImportError,
  isActive,
  isPaused,
}: Pick<DagEntry, "hasImportError" | "isActive" | "isPaused">): DagState {
  if (hasImportError) return "broken";
  if (!isActive) return "off";
  return isPaused ? "paused" : "on";
}

/** The state whose look it has. */
export const DAG_LOOKS: Readonly<Record<DagState, string>> = {
  on: "success",
  paused: "paused",
  off: "skipped",
  broken: "broken",
};

export const DAG_STATE_WORDS: Words<Readonly<Record<DagState, string>>> = {
  en: { on: "on", paused: "paused", off: "off", broken: "broken file" },
  pt: { on: "ligado", paused: "pausado", off: "desligado", broken: "arquivo inválido" },
};
