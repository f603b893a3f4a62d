/** How long the page waits before it reads again, in milliseconds. */

const CALM = 60_000;
const EAGER = 3_000;
const BUSY = 10_000;
const RETRY = 15_000;

export function pause(state: "ready" | "preparing" | "failed" | null, failed: boolean, busy: boolean): number {
  if (failed) return RETRY;
  if (state === "preparing") return EAGER;
  return busy ? BUSY : CALM;
}
