/** `isopod completion`: a script for a shell that completes commands and options. Made from the commands there are. */
import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Word {
  readonly path: string;
  readonly words: readonly string[];
}

/** What may follow each command: its commands, and its options. */
function wordsOf(command: Command, path: string): Word[] {
  const own = [
    ...command.commands.map((one) => one.name()),
    ...command.options.flatMap((option) => (option.long === undefined || option.hidden ? [] : [option.long])),
    '--help',
  ];
  return [{ path, words: own }, ...command.commands.flatMap((one) => wordsOf(one, `${path} ${one.name()}`.trim()))];
}

export function completionScript(program: Command, shell: Shell): string {
  const words = wordsOf(program, '');
  if (shell === 'fish') return fish(words);
  const cases = words.map(({ path, words: next }) => `    "${path}") words="${next.join(' ')}" ;;`).join('\n');
  const script = `_isopod() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) [ -z "$path" ] && path="$word" || path="$path $word" ;; esac
  done
  while :; do
    case "$path" in
${cases.replaceAll('    "', '      "')}
    esac
    [ -n "$words" ] || [ -z "$path" ] && break
    case "$path" in *" "*) path="\${path% *}" ;; *) path="" ;; esac
  done
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _isopod isopod
`;
  return shell === 'bash' ? script : `autoload -U +X bashcompinit && bashcompinit\n${script}`;
}

function fish(words: readonly Word[]): string {
  return words
    .map(({ path, words: next }) => {
      const condition = path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
      return `complete -c isopod -n "${condition}" -a "${next.join(' ')}"`;
    })
    .join('\n')
    .concat('\n');
}
