/**
 * Manifests list ids that were not found or failed. Such an id names the manifest's batch once one lists it; those that
 * were decided before are in the next manifest.
 */
export const decisionsInManifests: readonly string[] = [
  `CREATE INDEX processed_ids_unlisted ON processed_ids (ask_id)
    WHERE outcome <> 'stored' AND batch_id IS NULL AND reason NOT IN ('object_missing', 'object_removed')`,
];
