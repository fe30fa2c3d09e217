/** Passwords hashed and compared, at once, by promise and by callback. */
import bcrypt from 'bcryptjs';

const SALT = '$2b$04$abcdefghijklmnopqrstuu';

export const handler = async () => {
  const made = await bcrypt.hash('secret', 4);
  return {
    fixed: [bcrypt.hashSync('secret', SALT), await bcrypt.hash('pässwörd 𝌆', SALT)],
    compared: [
      await bcrypt.compare('secret', made),
      await bcrypt.compare('Secret', made),
      bcrypt.compareSync('secret', bcrypt.hashSync('secret', SALT)),
    ],
    shape: [
      /^\$2b\$04\$.{53}$/.test(made),
      bcrypt.getRounds(made),
      bcrypt.genSaltSync(5).length,
      new Set([bcrypt.genSaltSync(5), bcrypt.genSaltSync(5)]).size,
    ],
    callback: await new Promise((resolve) => bcrypt.compare('secret', made, (error, same) => resolve([error, same]))),
    failure: await bcrypt.hash('x', 'bad salt').catch(({ message }) => message),
    long: bcrypt.truncates('x'.repeat(73)),
  };
};
