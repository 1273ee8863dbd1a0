/** How soon workers of these tests count as lost, so that a crash costs a second and not a minute. */
export const lostAfterMs = 900;
export const overdueMs = 600;
