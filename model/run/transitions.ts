/** Checks a state change against a transition table. The tables are in the files of their nouns. */
import { IllegalTransition } from "../errors.ts";

export type TransitionTable<State extends string> = Readonly<Record<State, readonly State[]>>;

/** Raises `IllegalTransition` when the table does not allow the step. */
export function assertTransition<State extends string>(
  noun: string,
  table: TransitionTable<State>,
  from: State,
  to: State,
): void {
  if (!table[from].includes(to)) throw new IllegalTransition(noun, from, to);
}
