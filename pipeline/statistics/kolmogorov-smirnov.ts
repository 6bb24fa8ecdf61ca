/** Up to this many values on either side the distribution is computed, beyond it approximated. */
const mostExact = 50;

export interface KolmogorovSmirnov {
  /** Largest distance of the two empirical distribution functions. */
  readonly distance: number;
  /** Two-sided: how often samples of one distribution are at least as far apart. */
  readonly p: number;
}

/**
 * The two-sample Kolmogorov-Smirnov test. Missing values take no part; with none on one side p is 1.
 *
 * Source: exact p by counting lattice paths (Hodges 1958, Ark. Mat. 3, 469–486) for samples of up to 50;
 *         else Stephens' approximation (1970, J. R. Stat. Soc. B 32, 115–122). With ties the exact p is
 *         too large rather than too small.
 */
export function kolmogorovSmirnov(a: ArrayLike<number>, b: ArrayLike<number>): KolmogorovSmirnov {
  const [x, y] = [present(a), present(b)];
  const [n, m] = [x.length, y.length];
  if (n === 0 || m === 0) return { distance: 0, p: 1 };
  let [i, j, widest] = [0, 0, 0];
  while (i < n && j < m) {
    const at = Math.min(x[i] ?? 0, y[j] ?? 0);
    while (i < n && x[i] === at) i++;
    while (j < m && y[j] === at) j++;
    // In whole numbers: as a difference of fractions, equal distances would come out unequal.
    widest = Math.max(widest, Math.abs(i * m - j * n));
  }
  const distance = widest / (n * m);
  const p = Math.max(n, m) <= mostExact ? exact(widest, n, m) : stephens(distance, n, m);
  return { distance, p };
}

function present(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
}

/** Share of the lattice paths from (0, 0) to (n, m) that somewhere get `widest` or more away from the diagonal. */
function exact(widest: number, n: number, m: number): number {
  if (widest === 0) return 1;
  // Of the paths to (i, j), the share that has been outside: i of i + j come from (i - 1, j).
  const outside = new Float64Array(m + 1);
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      if (i + j === 0) continue;
      const isOut = Math.abs(i * m - j * n) >= widest;
      const through = (i * (outside[j] ?? 0) + j * (outside[j - 1] ?? 0)) / (i + j);
      outside[j] = isOut ? 1 : through;
    }
  }
  return outside[m] ?? 1;
}

/** The asymptotic distribution with Stephens' correction for small samples. */
export function stephens(distance: number, n: number, m: number): number {
  const root = Math.sqrt((n * m) / (n + m));
  const lambda = (root + 0.12 + 0.11 / root) * distance;
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) {
    const term = 2 * (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * lambda * lambda);
    sum += term;
    if (Math.abs(term) < 1e-16) break;
  }
  return Math.min(1, Math.max(0, sum));
}
