/** The DatasetCatalog port: where the Dags of the folder store a dataset. */
export interface DatasetCatalog {
  /**
   * What the keys of the dataset's objects start with, one prefix for each place; none starts with another. Empty if no
   * Dag writes the dataset.
   */
  listPrefixes(dataset: string): Promise<readonly string[]>;
}
