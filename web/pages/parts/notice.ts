/** What a form has to say before its button: why it cannot be carried out, or that its preview is a new one. */
import type { DagmarError } from "../../../model/errors.ts";
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";

export function showRefusal({ message, hint }: DagmarError): Html {
  return html`<div class="notice" data-state="failed">${icon("failed")}<div><p>${message}</p>${hint !== undefined && html`<p class="muted">${hint}</p>`}</div></div>`;
}

export function showChanged(text: string): Html {
  return html`<div class="notice" data-state="late" role="alert">${icon("late")}<p>${text}</p></div>`;
}
