// `--ignore`: patterns with * (within a name), ** (across folders) and ?, matched against the path below the link or the name alone.

export function matcherOf(patterns: readonly string[]): (path: string) => boolean {
  const whole = patterns.map((pattern) => ({ inPath: pattern.includes('/'), expression: expressionOf(pattern.replace(/\/+$/, '')) }));
  return (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const below = path.slice(path.indexOf('/') + 1);
    return whole.some(({ inPath, expression }) => (inPath ? expression.test(path) || expression.test(below) : expression.test(name)));
  };
}

function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/?|\*|\?/g, (wild) => (wild.startsWith('**') ? '(?:.*)' : wild === '*' ? '[^/]*' : '[^/]'));
  return new RegExp(`^${source}$`, 'u');
}
