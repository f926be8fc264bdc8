/**
 * How manifests are named. A manifest's name begins with a dot and ends in `.lake`, so that a pattern for objects, such as
 * `*.json`, never matches it; before 0.2 it was `_manifest-….json`, and lakes keep manifests with that name.
 */

export interface ManifestOrigin {
  readonly runStamp: string;
  readonly dagId: string;
  readonly taskId: string;
}

/** The key of a manifest, next to the objects of this key template; `${seq}` stands for its number. */
export function templateManifestKey(objectKey: string, { runStamp, dagId, taskId }: ManifestOrigin): string {
  const folder = objectKey.slice(0, objectKey.lastIndexOf("/") + 1);
  return `${folder}.manifest-${runStamp}-${dagId}-${taskId}-\${seq}.lake`;
}

/** The template of which a manifest's key was made. */
export function findManifestTemplate(key: string): string {
  return key.replace(/-\d+(\.[a-z]+)$/, "-${seq}$1");
}

/** The present key of a manifest that was named before 0.2; `undefined` for any other key. */
export function renameManifestKey(key: string): string | undefined {
  const parts = /^(.*\/)?_(manifest-.*)\.json$/s.exec(key);
  return parts === null ? undefined : `${parts[1] ?? ""}.${parts[2] ?? ""}.lake`;
}

/** The key that a manifest would have had before 0.2. */
export function nameManifestAsBefore(key: string): string {
  return key.replace(/(^|\/)\.(manifest-[^/]*)\.lake$/, "$1_$2.json");
}

export function isManifestKey(key: string): boolean {
  return /^[._]manifest-/.test(key.slice(key.lastIndexOf("/") + 1));
}
