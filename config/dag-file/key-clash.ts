/**
 * Whether two key templates could ever be rendered to the same key, or to keys of which one is the other's folder.
 * Never misses a clash; may report one although params never have such values in practice.
 *
 * A template is a pattern of characters and of runs of unknown characters. Two patterns have a text in common exactly
 * when both can be walked to their ends together: reachability in the product of their automata. Case is ignored,
 * because some file systems ignore it.
 */

/** One position of a pattern: a set of characters, once or any number of times. */
interface Step {
  /** A character stands for itself, `digit` for 0 to 9, `any` for everything. */
  readonly accepts: { readonly character: string } | "digit" | "any";
  readonly isRepeated: boolean;
}

const REFERENCE = /\$\{([^{}]*)\}/g;

/**
 * Names whose values have a fixed form, with `0` for any digit and `+` for more of them. Names that are not listed may
 * be any text, including an empty one.
 */
const FORMS: ReadonlyMap<string, string> = new Map([
  ["partition", "0000/00/00"],
  ["ds", "0000-00-00"],
  ["logical_date", "0000-00-00t00:00:00.000z"],
  ["run_stamp", "00000000t000000000z"],
  ["seq", "00000+"],
]);

/** See the file's head. */
export function mayKeysClash(left: string, right: string): boolean {
  const leftSteps = parsePattern(left);
  const rightSteps = parsePattern(right);
  return (
    mayMeet(leftSteps, rightSteps) ||
    mayMeet([...leftSteps, ...BELOW], rightSteps) ||
    mayMeet(leftSteps, [...rightSteps, ...BELOW])
  );
}

/** Whether two texts with templates could be rendered to the same text. */
export function mayTextsBeSame(left: string, right: string): boolean {
  return mayMeet(parsePattern(left), parsePattern(right));
}

const ANYTHING: Step = { accepts: "any", isRepeated: true };
const BELOW: readonly Step[] = [{ accepts: { character: "/" }, isRepeated: false }, ANYTHING];

function parsePattern(template: string): readonly Step[] {
  const steps: Step[] = [];
  let end = 0;
  for (const match of template.matchAll(REFERENCE)) {
    steps.push(...spell(template.slice(end, match.index)));
    const form = FORMS.get(match[1] ?? "");
    steps.push(...(form === undefined ? [ANYTHING] : spellForm(form)));
    end = match.index + match[0].length;
  }
  steps.push(...spell(template.slice(end)));
  return steps;
}

function spell(text: string): readonly Step[] {
  return Array.from(text).map((character) => ({
    accepts: { character: character.toLowerCase() },
    isRepeated: false,
  }));
}

function spellForm(form: string): readonly Step[] {
  return Array.from(form).map((character): Step => {
    if (character === "+") return { accepts: "digit", isRepeated: true };
    return { accepts: character === "0" ? "digit" : { character }, isRepeated: false };
  });
}

function mayMeet(left: readonly Step[], right: readonly Step[]): boolean {
  const width = right.length + 1;
  const isSeen = new Uint8Array((left.length + 1) * width);
  const waiting = [0];
  isSeen[0] = 1;
  const visit = (row: number, column: number): void => {
    const at = row * width + column;
    if (isSeen[at] === 1) return;
    isSeen[at] = 1;
    waiting.push(at);
  };
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const row = Math.floor(at / width);
    const column = at % width;
    if (row === left.length && column === right.length) return true;
    const leftStep = left[row];
    const rightStep = right[column];
    if (leftStep?.isRepeated === true) visit(row + 1, column);
    if (rightStep?.isRepeated === true) visit(row, column + 1);
    if (leftStep === undefined || rightStep === undefined || !haveCommonCharacter(leftStep, rightStep)) {
      continue;
    }
    visit(leftStep.isRepeated ? row : row + 1, rightStep.isRepeated ? column : column + 1);
  }
  return false;
}

function haveCommonCharacter({ accepts: left }: Step, { accepts: right }: Step): boolean {
  if (left === "any" || right === "any") return true;
  if (typeof left === "string") return typeof right === "string" || isDigit(right.character);
  return typeof right === "string" ? isDigit(left.character) : left.character === right.character;
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9" && character.length === 1;
}
