/** The texts of the lake's pages. */
import type { Words } from "../frame/language.ts";

interface LakeWords {
  readonly title: string;
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
  readonly counts: (objects: string, records: string | null) => string;
}

export const LAKE_WORDS: Words<LakeWords> = {
  en: {
    title: "Lake",
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
      records === null ? `${objects} objects` : `${objects} objects, ${records} records`,
  },
  pt: {
    title: "Lake",
    datasets: "Datasets",
    datasetsLabel: "Datasets; pode ser rolado",
    dataset: "Dataset",
    objects: "Objetos",
    objectsLabel: "Objetos; pode ser rolado",
    partitions: "Partições",
    records: "Registros",
    size: "Tamanho",
    newest: "Mais novo",
    key: "Chave",
    kind: "Tipo",
    kinds: { file: "arquivo", records: "registros", manifest: "manifesto", foreign: "alheio" },
    prefix: "Começo de uma chave",
    more: "Mais",
    empty: "Nada aqui",
    howObjects: "Objetos aparecem aqui assim que são confirmados.",
    foreign: "não é do Dagmar: nunca é alterado",
    adopted: "gravado por outro banco de dados e conhecido pelo lake",
    counts: (objects, records) =>
      records === null ? `${objects} objetos` : `${objects} objetos, ${records} registros`,
  },
};
