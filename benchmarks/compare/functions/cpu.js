/** Sieve of Eratosthenes: integer arithmetic over a typed array. */
export const handler = ({ limit }) => {
  const composite = new Uint8Array(limit + 1);
  let primes = 0;
  for (let n = 2; n <= limit; n++) {
    if (composite[n] === 1) continue;
    primes++;
    for (let multiple = n * n; multiple <= limit; multiple += n) composite[multiple] = 1;
  }
  return { primes };
};
