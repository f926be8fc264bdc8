/** A state as a person sees it: its shape, its colour and its word. The word is the same as in the command line and the API. */
import { html, type Html, type Piece } from "../frame/html.ts";
import { icon, isIcon } from "../frame/icons.ts";

export function showState(state: string, text: Piece = nameState(state)): Html {
  return html`<span class="state" data-state="${state}">${drawState(state)}${text}</span>`;
}

/** With a tinted background, for the head of a page. */
export function labelState(state: string, text: Piece = nameState(state)): Html {
  return html`<span class="state is-label" data-state="${state}">${drawState(state)}${text}</span>`;
}

export function drawState(state: string): Html {
  return icon(isIcon(state) ? state : "none");
}

/** `up for retry`. */
export function nameState(state: string): string {
  return state.replaceAll("_", " ");
}
