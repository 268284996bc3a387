/** The schema of every test database. */
export const schema = 'perdura';
