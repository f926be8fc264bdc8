/** A form that changes something: its fields as they are shown, a key of its own, and a button that says what it does. */
import { randomUUID } from "node:crypto";
import { html, type Html, type Piece } from "../frame/html.ts";
import { KEY_FIELD } from "../frame/answer-action.ts";

export interface ActionFormParts {
  /** A link. */
  readonly action: string;
  readonly hidden?: Readonly<Record<string, string>>;
  readonly fields?: Piece;
  readonly button: Piece;
  readonly look?: "primary" | "danger" | "plain";
  /** Where "leave it" leads; no such button without it. */
  readonly leave?: readonly [text: string, link: string];
}

export function actionForm({
  action,
  hidden = {},
  fields,
  button,
  look = "primary",
  leave,
}: ActionFormParts): Html {
  return html`<form method="post" action="${action}" class="stack" data-once>
<input type="hidden" name="${KEY_FIELD}" value="${randomUUID()}">${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${fields}
<div class="actions">${leave !== undefined && html`<a class="button" href="${leave[1]}">${leave[0]}</a>`}<button class="is-${look}">${button}</button></div>
</form>`;
}
