/** A shape for each thing that is marked on a run, drawn in a box of 12 by 12; words say the same beside it. */
export type MarkName = "running" | "assumed" | "frozen" | "moved";

export const MARK_SHAPES: Record<MarkName, string> = {
  running: "M2.5 1 11 6 2.5 11Z",
  assumed: "M2.5 1 11 6 2.5 11ZM4.3 4V8L7.6 6Z",
  frozen: "M3 5V4A3 3 0 0 1 9 4V5H10.5V11.5H1.5V5ZM4.6 5H7.4V4A1.4 1.4 0 0 0 4.6 4Z",
  moved: "M0 6 4 2V4.8H8V2L12 6 8 10V7.2H4V10Z",
};
