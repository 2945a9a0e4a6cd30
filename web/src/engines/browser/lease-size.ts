// How many tasks a worker takes at once: enough that the way to the page and back costs nothing, few enough that all
// workers end together.

const leaseSeconds = 0.15;

/** `taskSeconds`: what a task of the stage took last time; undefined before the first. */
export function leaseSize(
  left: number,
  workers: number,
  batchHint: number,
  taskSeconds: number | undefined,
): number {
  const wanted = taskSeconds === undefined ? batchHint : leaseSeconds / Math.max(taskSeconds, 1e-6);
  const fairShare = Math.ceil(left / (4 * Math.max(1, workers)));
  return Math.max(1, Math.min(Math.floor(wanted), fairShare));
}
