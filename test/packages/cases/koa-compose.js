/** Middleware: order on the way in and out, errors, early ends, and calling next twice. */
import compose from 'koa-compose';

const failure = (promise) =>
  promise.then(
    () => 'done',
    (error) => [error.name, error.message],
  );

export const handler = async () => {
  const log = [];
  const layer = (name) => async (context, next) => {
    log.push(`${name} in`);
    context.depth++;
    await next();
    log.push(`${name} out ${context.depth}`);
  };
  const guard = async (context, next) => {
    try {
      await next();
    } catch (error) {
      context.failed = error.message;
    }
  };
  const context = { depth: 0 };
  await compose([layer('a'), guard, compose([layer('b'), layer('c')]), () => Promise.reject(new Error('no'))])(context);
  const ended = { depth: 0 };
  await compose([layer('x'), async () => {}, layer('never')])(ended);
  return {
    log,
    context,
    ended,
    twice: await failure(
      compose([
        async (_, next) => {
          await next();
          await next();
        },
      ])({}),
    ),
    wrong: await failure(Promise.resolve().then(() => compose([1]))),
    last: await compose([(_, next) => next()])({}, async () => 'given'),
  };
};
