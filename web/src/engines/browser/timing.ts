// The clock of the engine; tests put one of their own in its place.
export interface Timing {
  /** Milliseconds. */
  now(): number;
  /** Calls `then` after so many milliseconds; the result takes that back. */
  after(milliseconds: number, then: () => void): () => void;
}

export const realTiming: Timing = {
  now: () => performance.now(),
  after(milliseconds, then) {
    const timer = setTimeout(then, milliseconds);
    return () => clearTimeout(timer);
  },
};
