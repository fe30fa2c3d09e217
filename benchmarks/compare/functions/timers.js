const wait = (ms) => new Promise((resolve) => setTimeout(() => resolve(ms), ms));

export const handler = async (event) => {
  const [a, b] = await Promise.all([wait(event.ms), wait(event.ms)]);
  return { waited: a + b + (await wait(event.ms)) };
};
