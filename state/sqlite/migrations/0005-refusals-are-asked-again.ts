/**
 * Until now every 3xx and 4xx but 401, 403 and 404 was booked against the id that it met, for good. Such an answer says
 * nothing about an id, so these ids are asked again; what was `not_found` is asked again after `recheck_after` anyway.
 */
export const refusalsAreAskedAgain: readonly string[] = [
  `UPDATE processed_ids SET is_permanent = 0 WHERE outcome = 'failed' AND is_permanent = 1 AND reason GLOB 'http_[0-9]*'`,
];
