/**
 * Until now every 3xx and 4xx except 401, 403 and 404 was a permanent failure of its id. Such an answer says nothing
 * about an id, so these ids are asked again. `not_found` is asked again after `recheck_after` anyway.
 */
export const refusalsAreAskedAgain: readonly string[] = [
  `UPDATE processed_ids SET is_permanent = 0 WHERE outcome = 'failed' AND is_permanent = 1 AND reason GLOB 'http_[0-9]*'`,
];
