/** A list that is read page by page, newest first. */
export interface Listed<Row> {
  rows: Row[];
  /** Where the next page begins; null: there is none. */
  next: string | null;
}

/** What is known once the newest page was read again; where it no longer reaches what was known, that is given up. */
export function renewed<Row extends { id: string }>(known: Listed<Row>, newest: Listed<Row>): Listed<Row> {
  const ids = new Set(newest.rows.map((row) => row.id));
  if (!known.rows.some((row) => ids.has(row.id))) return newest;
  return { rows: [...newest.rows, ...known.rows.filter((row) => !ids.has(row.id))], next: known.next };
}

/** What is known with the page that follows it. */
export function extended<Row extends { id: string }>(known: Listed<Row>, older: Listed<Row>): Listed<Row> {
  const ids = new Set(known.rows.map((row) => row.id));
  return { rows: [...known.rows, ...older.rows.filter((row) => !ids.has(row.id))], next: older.next };
}
