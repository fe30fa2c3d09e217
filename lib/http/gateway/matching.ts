/** Which route of a domain a path takes, and what path its function sees. Pure. */
import type { Route } from './domains.ts';

/** An exact path before a wildcard, a longer wildcard before a shorter one. */
export function matchRoute(routes: readonly Route[], path: string, method: string): Route | undefined {
  let best: Route | undefined;
  let length = -1;
  for (const route of routes) {
    if (route.methods !== undefined && route.methods.length > 0 && !route.methods.includes(method)) continue;
    const isWild = route.path.endsWith('*');
    const fixed = isWild ? route.path.slice(0, -1) : route.path;
    const fits = isWild ? path.startsWith(fixed) || `${path}/` === fixed : path === fixed;
    const rank = isWild ? fixed.length : Number.MAX_SAFE_INTEGER;
    if (fits && rank > length) {
      best = route;
      length = rank;
    }
  }
  return best;
}

/** Equal rules first, then wildcards, then regular expressions; the first that fits counts. */
export function rewritePath({ rewriteConfig }: Pick<Route, 'rewriteConfig'>, path: string): string {
  if (rewriteConfig === undefined) return path;
  const { equalRules = [], wildcardRules = [], regexRules = [] } = rewriteConfig;
  const equal = equalRules.find(({ match }) => match === path);
  if (equal !== undefined) return equal.replacement;
  for (const { match, replacement } of wildcardRules) {
    const parts = wildcardParts(match, path);
    if (parts !== undefined) return fill(replacement, parts);
  }
  for (const { match, replacement } of regexRules) {
    const found = expression(match)?.exec(path);
    if (found) return fill(replacement, found.slice(1), '$');
  }
  return path;
}

function wildcardParts(match: string, path: string): string[] | undefined {
  const pieces = match.split('*');
  let at = 0;
  const parts: string[] = [];
  for (const [index, piece] of pieces.entries()) {
    const found = index === pieces.length - 1 && index > 0 && piece === '' ? path.length : path.indexOf(piece, at);
    if (found === -1 || (index === 0 && found !== 0)) return undefined;
    if (index > 0) parts.push(path.slice(at, found));
    at = found + piece.length;
  }
  return at === path.length ? parts : undefined;
}

/** `$1` and so on stand for what matched. */
function fill(replacement: string, parts: readonly string[], _sign = '$'): string {
  const filled = replacement.replace(/\$(\d)/g, (_, digit: string) => parts[Number(digit) - 1] ?? '');
  return filled.startsWith('/') ? filled : `/${filled}`;
}

/** Of a domain's owner, run on the host: kept short, and without what may take exponential time. */
function expression(source: string): RegExp | undefined {
  if (source.length > 256 || /[+*}]\)*[+*{]/.test(source)) return undefined;
  try {
    return new RegExp(source);
  } catch {
    return undefined;
  }
}
