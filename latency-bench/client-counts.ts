/** What a thread of dashboard clients counts, in shared memory: float64 cells. */
export const ClientCount = { Frames: 0, Bytes: 1, Open: 2 } as const;
