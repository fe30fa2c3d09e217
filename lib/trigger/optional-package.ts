/** Clients of servers are installed by those who use such a server. */
import { IsopodError } from '../errors.ts';

/** What `load` imports. Rejects with `PackageMissing`, naming what to install. */
export async function optionalPackage<T>(load: () => Promise<T>, names: string, needs: string): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new IsopodError('PackageMissing', `${needs} needs a package that is not installed: npm install ${names}`, {
      cause: error,
    });
  }
}
