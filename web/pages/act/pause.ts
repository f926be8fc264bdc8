/** Pauses a Dag's schedule, or unpauses it: a button in the head of its pages. */
import { pickDag } from "../../api/v2/known-dag.ts";
import type { Action } from "../frame/action.ts";
import type { Html } from "../frame/html.ts";
import type { PageTools } from "../frame/page.ts";
import { actionForm } from "../parts/action-form.ts";
import { pathOfDag } from "../parts/run-links.ts";
import { ACT_WORDS } from "./words.ts";

export const pauseAction: Action = {
  method: "POST",
  path: "/dags/{dag_id}/pause",
  order({ query }, { params, fields }) {
    const { dagId, fingerprint } = pickDag(query, params["dag_id"] ?? "");
    return {
      kind: "pause",
      request: { dag: { dagId, fingerprint }, isPaused: fields.get("is_paused") === "true" },
    };
  },
  done: (_, { params }) => pathOfDag(params["dag_id"] ?? ""),
};

export function pauseButton({ language, href }: PageTools, dagId: string, isPaused: boolean): Html {
  const words = ACT_WORDS[language];
  return actionForm({
    action: href(`${pathOfDag(dagId)}/pause`),
    hidden: { is_paused: isPaused ? "false" : "true" },
    button: isPaused ? words.unpause : words.pause,
    look: "plain",
  });
}
