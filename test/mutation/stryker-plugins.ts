/** What Stryker lacks: a sample, as a checker that refuses the other mutants; texts for people; results as lines and as a file. */
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { drawSample, type Sample } from "./draw-sample.ts";
import { describeMutant, type MutantResult } from "./result.ts";
import { readResult, type StrykerMutant, type StrykerResult } from "./stryker-mutant.ts";

/** Options of Stryker's with our own among them. */
interface Options {
  readonly sample: Sample | null;
  readonly root: string;
  readonly resultsFile: string;
}

class SampleChecker {
  static readonly inject = ["options"] as const;
  private readonly options: Options;
  private drawn: ReadonlySet<string> = new Set();

  constructor(options: Options) {
    this.options = options;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  /** Stryker calls it once, with every mutant that it would try. */
  group(mutants: readonly StrykerMutant[]): Promise<string[][]> {
    const { sample, root } = this.options;
    const name = ({ fileName, location, replacement }: StrykerMutant): string =>
      `${relative(root, fileName)} ${JSON.stringify(location)} ${replacement ?? ""}`;
    const drawn = sample === null ? mutants : drawSample(mutants, sample, name);
    this.drawn = new Set(drawn.map(({ id }) => id));
    return Promise.resolve([mutants.map(({ id }) => id)]);
  }

  check(mutants: readonly StrykerMutant[]): Promise<Record<string, { status: string; reason?: string }>> {
    const notDrawn = { status: "compileError", reason: "not in the sample" };
    const answers = mutants.map(({ id }) => [id, this.drawn.has(id) ? { status: "passed" } : notDrawn]);
    return Promise.resolve(Object.fromEntries(answers) as Record<string, { status: string }>);
  }
}

class ResultsReporter {
  static readonly inject = ["options"] as const;
  private readonly options: Options;
  private readonly results: MutantResult[] = [];

  constructor(options: Options) {
    this.options = options;
  }

  onMutantTested(tested: StrykerResult): void {
    const result = readResult(tested, this.options.root);
    if (result === undefined) return;
    this.results.push(result);
    process.stdout.write(`${result.verdict}: ${describeMutant(result)}\n`);
  }

  wrapUp(): void {
    writeFileSync(this.options.resultsFile, JSON.stringify(this.results));
  }
}

interface AstPath {
  readonly node: { readonly type: string; readonly value?: unknown; readonly quasis?: readonly Quasi[] };
}

interface Quasi {
  readonly value: { readonly raw: string };
}

/** Which words a message has is not tested; a text without a blank is a state, a code or a name, and is mutated. */
const messageIgnorer = {
  shouldIgnore({ node }: AstPath): string | undefined {
    const texts =
      node.type === "TemplateLiteral" ? (node.quasis ?? []).map(({ value }) => value.raw) : [node.value];
    const isText = node.type === "TemplateLiteral" || node.type === "StringLiteral";
    return isText && texts.some((text) => /\S \S| $/.test(String(text))) ? "a message" : undefined;
  },
};

export const strykerPlugins = [
  { kind: "Checker", name: "sample", injectableClass: SampleChecker },
  { kind: "Ignore", name: "messages", value: messageIgnorer },
  { kind: "Reporter", name: "results", injectableClass: ResultsReporter },
];
