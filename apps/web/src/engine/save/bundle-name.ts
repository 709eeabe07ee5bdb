// What a zip of several things that lie side by side is called: with the name of the first alone it would pass for that one.

/** ("plage.jpg", 5) → "plage + 5": in figures, so that it is the same in every language. @param others at least one */
export function bundleName(first: string, others: number): string {
  return `${first.replace(/(?<=.)\.[a-z0-9]{1,5}$/i, '')} + ${others}`;
}
