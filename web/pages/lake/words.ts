/** The texts of the lake's pages. */
import type { Words } from "../frame/language.ts";
import { countNoun } from "../parts/figures.ts";

interface LakeWords {
  readonly title: string;
  readonly reports: string;
  readonly datasets: string;
  readonly datasetsLabel: string;
  readonly dataset: string;
  readonly objects: string;
  readonly objectsLabel: string;
  readonly partitions: string;
  readonly records: string;
  readonly size: string;
  readonly newest: string;
  readonly key: string;
  readonly kind: string;
  readonly kinds: Readonly<Record<"file" | "records" | "manifest" | "foreign", string>>;
  readonly prefix: string;
  readonly more: string;
  readonly empty: string;
  readonly howObjects: string;
  readonly foreign: string;
  readonly adopted: string;
  readonly counts: (objects: number, records: number) => string;
}

export const LAKE_WORDS: Words<LakeWords> = {
  en: {
    title: "Lake",
    reports: "Reports",
    datasets: "Datasets",
    datasetsLabel: "Datasets; can be scrolled",
    dataset: "Dataset",
    objects: "Objects",
    objectsLabel: "Objects; can be scrolled",
    partitions: "Partitions",
    records: "Records",
    size: "Size",
    newest: "Newest",
    key: "Key",
    kind: "Kind",
    kinds: { file: "file", records: "records", manifest: "manifest", foreign: "foreign" },
    prefix: "Beginning of a key",
    more: "More",
    empty: "Nothing here",
    howObjects: "Objects appear here as soon as they are committed.",
    foreign: "not Dagmar’s: it is never changed",
    adopted: "written by another database, and known from the lake",
    counts: (objects, records) =>
      countNoun(objects, "object", "objects") +
      (records === 0 ? "" : `, ${countNoun(records, "record", "records")}`),
  },
  pt: {
    title: "Lake",
    reports: "Relatórios",
    datasets: "Datasets",
    datasetsLabel: "Datasets, área rolável",
    dataset: "Dataset",
    objects: "Objetos",
    objectsLabel: "Objetos, área rolável",
    partitions: "Partições",
    records: "Registros",
    size: "Tamanho",
    newest: "Mais recente",
    key: "Chave",
    kind: "Tipo",
    kinds: { file: "arquivo", records: "registros", manifest: "manifesto", foreign: "externo" },
    prefix: "Início da chave",
    more: "Mais",
    empty: "Nada aqui",
    howObjects: "Os objetos aparecem aqui assim que são confirmados.",
    foreign: "não é do Dagmar: nunca é alterado",
    adopted: "gravado com outro banco de dados; conhecido a partir do lake",
    counts: (objects, records) =>
      countNoun(objects, "objeto", "objetos") +
      (records === 0 ? "" : `, ${countNoun(records, "registro", "registros")}`),
  },
};
