/** A form that changes something, as data: the order that it gives, and where the browser goes then. `answer-action.ts` carries it out. */
import type { Order } from "../../../app/service/orders.ts";
import type { JsonValue } from "../../../model/dag/dag.ts";
import type { PageInput, PageTools, RenderedPage } from "./page.ts";

export interface ActionInput extends PageInput {
  /** What the form sent. */
  readonly fields: URLSearchParams;
}

export interface Action {
  readonly method: "POST";
  /** Of the page that has the form: it is shown again if the order is refused because its plan has changed. */
  readonly path: string;
  /** `null` if nothing is left to do. Raises a `DagmarError` for a refusal. */
  order(tools: PageTools, input: ActionInput): Order | null;
  /** A path of the program, without the base path; `answer` is the scheduler's, `null` if nothing was ordered. */
  done(tools: PageTools, input: ActionInput, answer: JsonValue): string;
  /** The form with a new preview. */
  again?(tools: PageTools, input: ActionInput): RenderedPage;
}
