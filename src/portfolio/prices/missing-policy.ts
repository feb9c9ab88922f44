/** What is done about missing values (align.ts). */
export const MISSING_POLICIES = ['drop', 'refuse', 'carry'] as const;
export type MissingPolicy = (typeof MISSING_POLICIES)[number];
