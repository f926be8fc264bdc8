/** Every form that changes something. */
import { clearAction } from "./act/clear.ts";
import { pauseAction } from "./act/pause.ts";
import { cancelAction, markAction } from "./act/stop-and-mark.ts";
import { triggerAction } from "./act/trigger.ts";
import { verifyAction } from "./lake/verification.ts";
import { backfillAction, cancelBackfillAction } from "./backfills/backfill-form.ts";
import type { Action } from "./frame/action.ts";

export const ACTIONS: readonly Action[] = [
  triggerAction,
  pauseAction,
  clearAction,
  cancelAction,
  markAction,
  backfillAction,
  cancelBackfillAction,
  verifyAction,
];
