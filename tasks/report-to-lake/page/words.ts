/** The words that every report has, in its languages. */
import type { Language } from "../languages.ts";

export interface PageWords {
  readonly tag: string;
  readonly name: string;
  readonly of: string;
  readonly data: string;
  readonly row: string;
  readonly rows: string;
  readonly rule: string;
  readonly noData: string;
  readonly unknown: string;
  readonly notes: string;
  readonly from: string;
  readonly to: string;
  readonly kinds: Readonly<Record<"number" | "bar" | "line" | "scatter" | "box" | "table", string>>;
  readonly boxKey: string;
}

export const WORDS: Readonly<Record<Language, PageWords>> = {
  pt: {
    tag: "pt-BR",
    name: "Português",
    of: "de",
    data: "Ver os dados",
    row: "linha",
    rows: "linhas",
    rule: "Regra",
    noData: "Ainda não há dados para mostrar aqui.",
    unknown: "sem dado",
    notes: "Antes de citar estes números",
    from: "de",
    to: "a",
    kinds: {
      number: "Números",
      bar: "Gráfico de barras",
      line: "Gráfico de linha",
      scatter: "Gráfico de dispersão",
      box: "Diagrama de caixa",
      table: "Tabela",
    },
    boxKey: "Traço: do menor ao maior valor. Caixa: a metade central. Risco: a mediana.",
  },
  en: {
    tag: "en",
    name: "English",
    of: "of",
    data: "Show the data",
    row: "row",
    rows: "rows",
    rule: "Rule",
    noData: "There is no data to show here yet.",
    unknown: "no value",
    notes: "Before you quote these numbers",
    from: "from",
    to: "to",
    kinds: {
      number: "Numbers",
      bar: "Bar chart",
      line: "Line chart",
      scatter: "Scatter chart",
      box: "Box plot",
      table: "Table",
    },
    boxKey: "Line: from the least to the greatest value. Box: the middle half. Stroke: the median.",
  },
};
